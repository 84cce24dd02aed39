
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('paging', '0008_what_people_send_us'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='page',
            index=models.Index(fields=['user', 'created_at'], name='page_of_person'),
        ),
    ]
