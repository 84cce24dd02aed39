from django.db import migrations, models


class Migration(migrations.Migration):
    """The version before knows no turns: what it opens has the later one."""

    dependencies = [("escalation", "0002_hot_lines")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="turn",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "the first of its service for a while"), (1, "one more of its service")],
                db_default=1,
                default=1,
                editable=False,
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("wake_at__isnull", False)),
                fields=["turn", "wake_at", "id"],
                name="incident_turn",
            ),
        ),
    ]
