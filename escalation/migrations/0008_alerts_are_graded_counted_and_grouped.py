from datetime import timedelta

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The version before grades by the usual words, groups nothing, and opens incidents of one alert."""

    dependencies = [("escalation", "0007_webhooks_that_steps_tell")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="severities",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="service",
            name="severity_rules",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="service",
            name="group_by",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="service",
            name="group_window",
            field=models.DurationField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=Q(group_window__isnull=True) | Q(group_window__gt=timedelta(0)),
                name="service_groups_for_some_time",
                violation_error_message="Alerts are grouped for more than no time; write 10m.",
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="episodes",
            field=models.PositiveIntegerField(
                db_default=1,
                default=1,
                help_text="How often its alert came within 24 hours, this time included.",
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="alert_count",
            field=models.PositiveIntegerField(
                db_default=1, default=1, help_text="Alerts that it was opened for or that joined it."
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="grouped_as",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Of a service that groups: what its alerts have in common, while others may join it.",
                max_length=64,
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=~Q(status="resolved") & ~Q(grouped_as=""),
                fields=["service", "grouped_as"],
                name="one_open_incident_of_a_group",
            ),
        ),
    ]
