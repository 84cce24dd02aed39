import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0021_alerts_routed_elsewhere")]

    operations = [
        migrations.AddField(
            model_name="routingkey",
            name="events_per_minute",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="KeyMinute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.DateTimeField()),
                ("shard", models.PositiveSmallIntegerField()),
                ("events", models.PositiveIntegerField(db_default=0, default=0)),
                ("refused", models.PositiveIntegerField(db_default=0, default=0)),
                ("last_event_at", models.DateTimeField(blank=True, null=True)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="minutes",
                        to="escalation.routingkey",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["minute"], name="key_minute_to_forget")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "minute", "shard"), name="one_row_per_key_minute_shard"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LastPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(choices=[("taken", "Taken"), ("refused", "Refused")], max_length=7),
                ),
                ("at", models.DateTimeField()),
                ("source", models.CharField(max_length=40)),
                ("status", models.PositiveSmallIntegerField()),
                ("why", models.TextField(blank=True)),
                ("body", models.TextField(blank=True)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="last_posts",
                        to="escalation.routingkey",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("key", "outcome"), name="one_last_post_per_outcome")
                ],
            },
        ),
    ]
