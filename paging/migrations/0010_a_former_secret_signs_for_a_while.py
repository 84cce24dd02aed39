from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("paging", "0009_pages_of_a_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactmethod",
            name="former_secret",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="contactmethod",
            name="former_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="contactmethod",
            name="signing_secret",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=100),
        ),
    ]
