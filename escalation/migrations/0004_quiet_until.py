from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The version before knows no quiet, and writes none of these reasons."""

    dependencies = [("escalation", "0003_the_first_of_a_service_is_decided_first")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="quiet_until",
            field=models.DateTimeField(
                blank=True, help_text="Nobody is paged before this.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=~Q(parked_reason__in=["maintenance", "suppressed", "trial"])
                | Q(quiet_until__isnull=False),
                name="quiet_incident_has_an_end",
            ),
        ),
    ]
