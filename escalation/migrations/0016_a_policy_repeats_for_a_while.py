from django.db import migrations, models

MOST = 100


def bounded(apps, schema_editor):
    """What was stored before it was refused: no document could say it, so that none could be exported."""
    apps.get_model("escalation", "EscalationPolicy").objects.filter(repeat__gt=MOST).update(repeat=MOST)


class Migration(migrations.Migration):
    """The version before refuses more in documents, and would now fail where its admin takes it."""

    dependencies = [("escalation", "0015_conditions_and_answers")]

    operations = [
        migrations.RunPython(bounded, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="escalationpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("repeat__lte", 100)),
                name="a_policy_repeats_for_a_while",
                violation_error_message="A policy runs again 0 to 100 times.",
            ),
        ),
    ]
