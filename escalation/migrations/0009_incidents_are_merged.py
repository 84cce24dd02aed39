import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """The version before merges none; what was merged is resolved to it, as to everybody."""

    dependencies = [("escalation", "0008_alerts_are_graded_counted_and_grouped")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="escalation.incident",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | (Q(status="resolved") & ~Q(merged_into=F("id"))),
                name="merged_incident_is_over",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=Q(merged_into__isnull=False), fields=["merged_into"], name="incident_merged"
            ),
        ),
    ]
