from django.db import migrations, models


class Migration(migrations.Migration):
    """The version before asks no condition, wants one acknowledgement, and adds nobody."""

    dependencies = [("escalation", "0014_alert_rules")]

    operations = [
        migrations.AddField(
            model_name="escalationpolicy",
            name="acknowledgements",
            field=models.PositiveSmallIntegerField(
                db_default=1,
                default=1,
                help_text="So many people have to acknowledge; until then, paging goes on for the others.",
            ),
        ),
        migrations.AddField(
            model_name="step",
            name="severities",
            field=models.JSONField(blank=True, help_text="A list, such as SEV-1 and SEV-2.", null=True),
        ),
        migrations.AddField(
            model_name="step",
            name="hours",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "at any time"),
                    ("support", "in support hours"),
                    ("outside", "outside support hours"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="incident", name="outside_passed", field=models.JSONField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="incident",
            name="answered",
            field=models.JSONField(blank=True, help_text="Ids of those who have acknowledged.", null=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="added",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Responders added by hand."
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("acknowledgements__range", (1, 20))),
                name="a_policy_wants_an_acknowledgement",
                violation_error_message="From 1 to 20 people have to acknowledge.",
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(("hours__in", ["", "support", "outside"])),
                name="a_step_asks_for_hours_that_there_are",
            ),
        ),
    ]
