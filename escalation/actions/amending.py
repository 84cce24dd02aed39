"""What a source says of an open alert afterwards: another message, another description. It pages nobody."""

from datetime import datetime

from django.db import transaction

from escalation.models import Alert
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb


@transaction.atomic
def amend(
    *, alert_id: int, by: Actor, now: datetime, message: str = "", description: str = "", why: str = ""
) -> Alert:
    """Put what is given into the alert, and a line on its incident's timeline where that is news: senders
    say the same again and again. The incident keeps the title under which people were paged.
    """
    row = Alert.objects.select_for_update().get(pk=alert_id)
    lines = []
    if message and message != row.summary:
        row.summary, row.payload = message, {**row.payload, "message": message}
        lines.append(_line(row, by, f"the alert now says: {message}", why))
    if description and description != row.payload.get("description"):
        row.payload = {**row.payload, "description": description}
        lines.append(_line(row, by, "the alert has another description", why))
    if lines:
        row.save(update_fields=["summary", "payload"])
        record(lines, now=now)
    return row


def _line(row: Alert, by: Actor, what: str, why: str) -> Line:
    return Line(Verb.ALERT_CHANGED, ("incident", row.incident_id or 0), by, what, why)
