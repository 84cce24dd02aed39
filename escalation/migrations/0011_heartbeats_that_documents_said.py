import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

from django.db import migrations

SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
USUAL_GRACE = timedelta(minutes=5)


def length(spelled):
    """Of what an apply kept, spelled in one unit: 24h. None for anything else."""
    written = re.fullmatch(r"(\d+)([wdhms])", spelled) if isinstance(spelled, str) else None
    seconds = int(written[1]) * SECONDS[written[2]] if written else 0
    return timedelta(seconds=seconds) if seconds else None


def take_up(apps, schema_editor):
    """What documents said before anything acted on it. The version before writes it there again if it applies
    a document meanwhile; the next apply of this one then takes it up.
    """
    Service = apps.get_model("escalation", "Service")
    Heartbeat = apps.get_model("escalation", "Heartbeat")
    now = datetime.now(UTC)
    for service in Service.objects.exclude(extras={}).order_by("pk"):
        kept = {name: part for name, part in service.extras.items() if name not in ("heartbeats", "auto_resolve_after")}
        if kept == service.extras:
            continue
        for said in service.extras.get("heartbeats", []) if service.retired_at is None else []:
            every, key = length(said.get("every")), secrets.token_hex(16)
            if every:
                Heartbeat.objects.get_or_create(
                    service=service,
                    name=said["name"],
                    defaults={
                        "key": key,
                        "digest": hashlib.sha256(key.encode()).hexdigest(),
                        "every": every,
                        "grace": length(said.get("grace")) or USUAL_GRACE,
                        "created_at": now,
                    },
                )
        service.auto_resolve_after = length(service.extras.get("auto_resolve_after"))
        service.extras = kept
        service.save(update_fields=["auto_resolve_after", "extras"])


class Migration(migrations.Migration):
    dependencies = [("escalation", "0010_heartbeats_and_an_end_after_quiet")]

    operations = [migrations.RunPython(take_up, migrations.RunPython.noop)]
