import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0020_routing_rules")]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="escalation.service",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("origin__isnull", False), ("status", "open")),
                fields=["origin", "dedup_key"],
                name="alert_open_from_elsewhere",
            ),
        ),
    ]
