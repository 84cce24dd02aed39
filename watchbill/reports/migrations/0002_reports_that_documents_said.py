from datetime import time

from django.db import migrations

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def take_up(apps, schema_editor):
    """What documents said of a team's report before anything acted on it. It stays where it is, for the
    version before; nothing reads it there any more.
    """
    Mailing = apps.get_model("reports", "Mailing")
    User = apps.get_model("people", "User")
    for team in apps.get_model("people", "Team").objects.exclude(extras={}).order_by("pk"):
        said = team.extras.get("load_report")
        if isinstance(said, dict) and said.get("day", "monday") in DAYS:
            row, is_new = Mailing.objects.get_or_create(
                team=team,
                defaults={
                    "weekday": DAYS.index(said.get("day", "monday")),
                    "at": time.fromisoformat(said.get("at", "09:00")),
                },
            )
            if is_new:
                row.to.set(User.objects.filter(username__in=said.get("to", [])))


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_pager_load_reports"),
        ("people", "0005_rest_of_a_team"),
    ]

    operations = [migrations.RunPython(take_up, migrations.RunPython.noop)]
