import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What the version before writes names no webhook, and keeps the new constraint, too. Of a step that does,
    it pages the other targets.
    """

    dependencies = [
        ("escalation", "0006_one_of_a_team_in_turn"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "recipient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="target",
            name="webhook",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="targets",
                to="escalation.webhook",
            ),
        ),
        migrations.RemoveConstraint(model_name="target", name="target_is_one_thing"),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("schedule__isnull", False),
                    ("team__isnull", True),
                    ("user__isnull", True),
                    ("webhook__isnull", True),
                )
                | models.Q(
                    ("schedule__isnull", True),
                    ("team__isnull", True),
                    ("user__isnull", False),
                    ("webhook__isnull", True),
                )
                | models.Q(
                    ("schedule__isnull", True),
                    ("team__isnull", False),
                    ("user__isnull", True),
                    ("webhook__isnull", True),
                )
                | models.Q(
                    ("schedule__isnull", True),
                    ("team__isnull", True),
                    ("user__isnull", True),
                    ("webhook__isnull", False),
                ),
                name="target_is_one_thing_or_a_webhook",
            ),
        ),
    ]
