from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oncall", "0012_conflicts_told")]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="prepare_after",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="schedule",
            name="tell_after",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
