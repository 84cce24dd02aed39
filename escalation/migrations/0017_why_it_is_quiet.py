from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0016_a_policy_repeats_for_a_while")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="quiet_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
