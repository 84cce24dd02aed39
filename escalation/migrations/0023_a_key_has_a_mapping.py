from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0022_what_each_key_sends")]

    operations = [
        migrations.AddField(
            model_name="routingkey",
            name="mapping",
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
    ]
