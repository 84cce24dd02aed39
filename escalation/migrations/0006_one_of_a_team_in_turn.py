import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The version before knows no turns: it pages all of a team."""

    dependencies = [
        ("escalation", "0004_quiet_until"),
        ("people", "0003_told_how_incidents_end"),
    ]

    operations = [
        migrations.AddField(
            model_name="target",
            name="pick",
            field=models.CharField(
                blank=True,
                choices=[("", "all of them"), ("round_robin", "one of them, in turn")],
                db_default="",
                default="",
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("pick", ""), ("team__isnull", False), _connector="OR"),
                name="only_of_a_team_one_is_picked",
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="picked",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.CreateModel(
            name="TeamTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("role", models.CharField(blank=True, max_length=40)),
                ("last", models.CharField(blank=True, max_length=150)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.team"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("team", "role"), name="one_turn_per_list")
                ],
            },
        ),
    ]
