from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The keeper asks at each look at a schedule what of it is yet to be confirmed."""

    dependencies = [("oncall", "0008_published_slots")]

    operations = [
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                fields=["schedule"],
                condition=Q(
                    recorded_at__isnull=False,
                    asks=True,
                    confirmed_at__isnull=True,
                    managers_told_at__isnull=True,
                ),
                name="handoff_unconfirmed",
            ),
        )
    ]
