import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("escalation", "0023_a_key_has_a_mapping"),
        ("people", "0005_rest_of_a_team"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("upto", models.BigIntegerField()),
                ("gaps", models.JSONField(blank=True, default=list)),
            ],
        ),
        migrations.CreateModel(
            name="Follower",
            fields=[
                (
                    "webhook",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="follower",
                        serialize=False,
                        to="escalation.webhook",
                    ),
                ),
                ("everything", models.BooleanField(default=False)),
                ("events", models.JSONField(blank=True, default=list)),
                ("fails", models.PositiveIntegerField(default=0, editable=False)),
                ("failing_since", models.DateTimeField(blank=True, editable=False, null=True)),
                ("failed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("rest_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("ended_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("ended_why", models.CharField(blank=True, default="", editable=False, max_length=200)),
                ("dropped", models.PositiveIntegerField(default=0, editable=False)),
                ("services", models.ManyToManyField(blank=True, related_name="+", to="escalation.service")),
                ("teams", models.ManyToManyField(blank=True, related_name="+", to="people.team")),
            ],
        ),
        migrations.CreateModel(
            name="HookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.BigIntegerField()),
                ("incident_id", models.BigIntegerField()),
                ("event", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("said", models.TextField()),
                ("message_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for its time"),
                            ("sending", "on its way"),
                            ("delivered", "taken"),
                            ("failed", "given up"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="escalation.webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
            },
        ),
        migrations.CreateModel(
            name="HookTry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField()),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=200)),
                ("answer", models.CharField(blank=True, max_length=500)),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tries",
                        to="escalation.hookdelivery",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "hook tries",
            },
        ),
        migrations.AddIndex(
            model_name="hookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["webhook", "due_at", "id"],
                name="delivery_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="hookdelivery",
            index=models.Index(
                condition=models.Q(("state", "sending")),
                fields=["webhook", "lease_until"],
                name="delivery_leased",
            ),
        ),
        migrations.AddIndex(
            model_name="hookdelivery",
            index=models.Index(fields=["created_at"], name="delivery_to_forget"),
        ),
        migrations.AddIndex(
            model_name="hookdelivery",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["webhook", "-id"], name="delivery_failed"
            ),
        ),
        migrations.AddConstraint(
            model_name="hookdelivery",
            constraint=models.UniqueConstraint(fields=("webhook", "sequence"), name="a_change_is_told_once"),
        ),
        migrations.AddConstraint(
            model_name="hookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sending"), _negated=True),
                    models.Q(("claim__isnull", False), ("lease_until__isnull", False)),
                    _connector="OR",
                ),
                name="a_delivery_on_its_way_has_a_lease",
            ),
        ),
    ]
