from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import migrations
from django.utils import timezone

LONGEST = {
    "": timedelta(days=30),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=28),
}


def forwards(apps, schema_editor):
    """What documents said of maintenance was kept and silenced nothing; from now on it counts. What is no
    window (it ends before it starts, or reaches its own repetition) stays kept, and `doctor` says so.

    Run again it finds nothing left to do. The keeper finds out, at its first look, when each begins.
    """
    Service = apps.get_model("escalation", "Service")
    Window = apps.get_model("escalation", "MaintenanceWindow")
    now = timezone.now()
    for service in Service.objects.filter(retired_at=None, extras__has_key="maintenance").order_by("pk"):
        left = []
        for kept in service.extras["maintenance"]:
            said = window(kept)
            if said is None:
                left.append(kept)
            else:
                Window.objects.get_or_create(
                    service=service,
                    **said,
                    cancelled_at=None,
                    ended_at=None,
                    defaults={"reason": str(kept.get("reason") or "")[:200], "created_at": now, "look_at": now},
                )
        if len(left) < len(service.extras["maintenance"]):
            service.has_maintenance = True
        service.extras = {name: part for name, part in service.extras.items() if name != "maintenance"}
        if left:
            service.extras["maintenance"] = left
        service.save(update_fields=["extras", "has_maintenance"])


def window(kept):
    zone, repeat = str(kept.get("time_zone") or "UTC"), str(kept.get("repeat") or "")
    try:
        start, end = (wall(str(kept[key]), ZoneInfo(zone)) for key in ("start", "end"))
    except (KeyError, ValueError, OSError):
        return None
    longest = LONGEST.get(repeat)
    if longest is None or not timedelta(0) < end - start <= longest or (repeat and end - start == longest):
        return None
    return {"start": start.isoformat(), "end": end.isoformat(), "time_zone": zone, "repeat": repeat}


def wall(text, zone):
    moment = datetime.fromisoformat(text).replace(microsecond=0)
    return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment


class Migration(migrations.Migration):
    dependencies = [("escalation", "0012_maintenance_windows")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
