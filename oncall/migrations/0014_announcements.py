
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oncall", "0013_pauses_after_a_fault"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("days", models.CharField(blank=True, max_length=27)),
                ("at", models.TimeField(blank=True, null=True)),
                ("next_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revision", models.PositiveBigIntegerField(blank=True, editable=False, null=True)),
                ("said", models.JSONField(blank=True, editable=False, null=True)),
                ("said_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("tell_after", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="announcements",
                        to="oncall.schedule",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=["next_at"],
                        name="announcement_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("at__isnull", True), ("days", "")),
                            models.Q(("at__isnull", False), models.Q(("days", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="announced_at_a_time_or_on_change",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=("schedule", "recipient", "days", "at"),
                        name="one_announcement_at_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("at__isnull", True), ("retired_at__isnull", True)),
                        fields=("schedule", "recipient"),
                        name="one_announcement_on_change",
                    ),
                ],
            },
        ),
    ]
