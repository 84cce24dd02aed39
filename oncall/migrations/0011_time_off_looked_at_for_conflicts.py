from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oncall", "0010_weekly_advice")]

    operations = [
        migrations.AddField(
            model_name="timeoff",
            name="checked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="timeoff",
            index=models.Index(
                condition=models.Q(("cancelled_at__isnull", True)),
                fields=["end", "checked_at"],
                name="time_off_to_check",
            ),
        ),
    ]
