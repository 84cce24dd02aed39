
import datetime
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0005_rest_of_a_team'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('weekly', 'week'), ('shift', 'shift'), ('asked', 'asked for')], max_length=6)),
                ('shift', models.CharField(blank=True, default='', help_text="Schedule and role, where it is one shift's.", max_length=160)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('red', models.PositiveIntegerField()),
                ('amber', models.PositiveIntegerField()),
                ('green', models.PositiveIntegerField()),
                ('pages', models.PositiveIntegerField()),
                ('body', models.JSONField()),
                ('about', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='load_reports', to='people.team')),
            ],
            options={
                'verbose_name': 'report',
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('pending', 'waiting for its time'), ('sent', 'Sent'), ('kept', 'kept: no mail is set up'), ('given_up', 'given up')], default='pending', max_length=8)),
                ('due_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, default='', max_length=300)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='reports.storedreport')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.CreateModel(
            name='Terms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('thresholds', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='load_terms', to='people.team')),
            ],
            options={
                'verbose_name': 'thresholds',
                'verbose_name_plural': 'thresholds',
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=100)),
                ('key', models.CharField(max_length=120)),
                ('what', models.CharField(max_length=300)),
                ('due', models.DateField()),
                ('created_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, default='', max_length=300)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='load_follow_ups', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='load_follow_ups', to='people.team')),
            ],
            options={
                'verbose_name': 'follow-up',
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['team', 'due'], name='load_follow_up_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('done_at', None)), fields=('team', 'service', 'key'), name='one_open_follow_up_of_an_alert', violation_error_message='There is an open follow-up about this alert already.'), models.CheckConstraint(condition=models.Q(models.Q(('done_at', None), ('done_by', None)), models.Q(('done_at__isnull', False), ('done_by__isnull', False)), _connector='OR'), name='a_follow_up_is_done_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='Mailing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField(default=0)),
                ('at', models.TimeField(default=datetime.time(9, 0))),
                ('after_shift', models.BooleanField(default=True, help_text='Whoever carried a shift with a page in it is sent what it was like.')),
                ('next_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('shifts_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('shifts_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('team', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='load_mailing', to='people.team')),
                ('to', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'pager-load report',
                'indexes': [models.Index(fields=['next_at'], name='load_mailing_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='load_mailing_has_a_weekday')],
            },
        ),
        migrations.AddIndex(
            model_name='storedreport',
            index=models.Index(fields=['team', 'kind', '-until'], name='load_report_of_team'),
        ),
        migrations.AddConstraint(
            model_name='storedreport',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('since'))), name='load_report_is_of_some_time'),
        ),
        migrations.AddConstraint(
            model_name='storedreport',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'weekly')), fields=('team', 'since', 'until'), name='one_weekly_load_report'),
        ),
        migrations.AddConstraint(
            model_name='storedreport',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'shift')), fields=('team', 'about', 'shift', 'until'), name='one_load_report_of_a_shift'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['due_at', 'id'], name='load_mail_due'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('report', 'user'), name='one_load_mail_a_person'),
        ),
        migrations.AddConstraint(
            model_name='terms',
            constraint=models.UniqueConstraint(fields=('team', 'number'), name='load_terms_have_a_number'),
        ),
    ]
