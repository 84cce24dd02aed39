"""Until when a call could have been heard: the silence of a source counts only while somebody listens.

Every web process says that it listens. After a time in which none did, what may have called meanwhile is
excused (docs/adr/0017).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from escalation.actions.heartbeats import excuse
from people.ledger.record import ENGINE
from watchbill.watch.models import Look

WEB = 2
"""The row of `Look` that webs write."""
EVERY = 5.0
DEAF = timedelta(seconds=30)
"""From here on a call that failed may have failed because of us."""


def listened(*, now: datetime) -> None:
    """Called by every web process, again and again; `now` by the database's clock."""
    rows = Look.objects.filter(pk=WEB)
    if rows.filter(at__gte=now - DEAF, at__lt=now).update(at=now):
        return
    with transaction.atomic():
        row, _ = Look.objects.select_for_update().get_or_create(pk=WEB, defaults={"at": now})
        if now - row.at >= DEAF:
            excuse(since=row.at, until=now, by=ENGINE, now=now)
        rows.filter(at__lt=now).update(at=now)


def last_listened() -> QuerySet[Look, datetime]:
    """The last moment at which a web could hear, to be asked for or to be asked about within a question."""
    return Look.objects.filter(pk=WEB).values_list("at", flat=True)


def heard_until() -> datetime | None:
    """That moment; None where no web ever ran."""
    return last_listened().first()
