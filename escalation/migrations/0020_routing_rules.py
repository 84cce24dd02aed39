import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0019_signed_posts")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="has_routing",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="RoutingRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("match", models.JSONField()),
                ("severity", models.CharField(blank=True, max_length=5)),
                ("urgency", models.CharField(blank=True, max_length=4)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routing_rules",
                        to="escalation.service",
                    ),
                ),
                (
                    "to_service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routed_here",
                        to="escalation.service",
                    ),
                ),
            ],
            options={"ordering": ("service", "position", "pk")},
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("to_service__isnull", False),
                    models.Q(("severity", ""), _negated=True),
                    models.Q(("urgency", ""), _negated=True),
                    _connector="OR",
                ),
                name="routing_rule_does_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("to_service__isnull", True),
                    models.Q(("to_service", models.F("service")), _negated=True),
                    _connector="OR",
                ),
                name="routing_rule_leads_elsewhere",
            ),
        ),
    ]
