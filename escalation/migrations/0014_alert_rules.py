import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The version before knows no rules: what it takes in pages."""

    dependencies = [
        ('escalation', "0013_kept_maintenance_counts"),
        ('oncall', '0013_pauses_after_a_fault'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='service',
            name='has_rules',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('suppress', 'suppress rule'), ('trial', 'trial')], max_length=8)),
                ('match', models.JSONField()),
                ('match_digest', models.CharField(editable=False, max_length=64)),
                ('severities', models.JSONField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('warned_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('told_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('tell_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alert_rules', to=settings.AUTH_USER_MODEL)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alert_rules', to='escalation.service')),
            ],
        ),
        migrations.CreateModel(
            name='RuleMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('reckoned_at', models.DateTimeField(blank=True, null=True)),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rule_matches', to='escalation.alert')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='escalation.alertrule')),
            ],
            options={
                'verbose_name_plural': 'rule matches',
            },
        ),
        migrations.CreateModel(
            name='TrialPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(blank=True, max_length=40)),
                ('at', models.DateTimeField()),
                ('asleep', models.BooleanField()),
                ('match', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pages', to='escalation.rulematch')),
                ('schedule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='oncall.schedule')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='alertrule',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['service', 'ends_at'], name='alert_rule_in_force'),
        ),
        migrations.AddIndex(
            model_name='alertrule',
            index=models.Index(condition=models.Q(('told_at__isnull', True)), fields=['ends_at'], name='alert_rule_to_tell'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('created_at'))), name='alert_rule_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), models.Q(('ended_at__gte', models.F('created_at')), ('ended_at__lte', models.F('ends_at'))), _connector='OR'), name='alert_rule_is_over_by_its_end'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('service', 'kind', 'match_digest'), name='one_alert_rule_per_match'),
        ),
        migrations.AddIndex(
            model_name='rulematch',
            index=models.Index(condition=models.Q(('reckoned_at__isnull', True)), fields=['id'], name='rule_match_to_reckon'),
        ),
        migrations.AddConstraint(
            model_name='rulematch',
            constraint=models.UniqueConstraint(fields=('rule', 'alert'), name='an_alert_matches_a_rule_once'),
        ),
        migrations.AddConstraint(
            model_name='trialpage',
            constraint=models.UniqueConstraint(fields=('match', 'user'), name='one_trial_page_per_person'),
        ),
    ]
