"""Incidents of which nothing more is heard end by themselves, where their service says so.

`Incident.resolve_at` is when to look, written with each decision; it costs an event nothing. What was heard
since then is asked when it has come, under the locks that an event and a person take: so whichever comes
first, the other sees it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Max, Q

from escalation import engine, selectors
from escalation.core.policy import Policy
from escalation.core.spoken import exactly
from escalation.core.stimulus import Resolved
from escalation.core.unheard import ends_at
from escalation.engine import Change
from escalation.engine.faults import is_outage
from escalation.loading import closed_at, state_of
from escalation.models import Alert, Incident, Service
from people.ledger.models import Entry

BATCH = 50
PAUSE = timedelta(seconds=30)
"""One that could not be looked at is looked at again after this; so is one that the engine will soon wake."""
log = structlog.get_logger(__name__)


def look_anew(*, service: Service, now: datetime) -> None:
    """The service says something else now: its open incidents are looked at. In the caller's transaction."""
    rows = (
        Incident.objects.select_for_update().filter(service=service).exclude(status=Incident.Status.RESOLVED)
    )
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    at = now if service.auto_resolve_after else None
    for first in range(0, len(pks), 1000):
        Incident.objects.filter(pk__in=pks[first : first + 1000]).update(resolve_at=at)


def resolve_unheard(*, clock: Callable[[], datetime], limit: int = BATCH) -> int:
    """Look at those whose `resolve_at` has come, `limit` at most; end the ones of which nothing was heard.
    Returns how many were looked at: ask again until it is 0. Safe to run in many processes at once.
    """
    rows = Incident.objects.filter(resolve_at__lte=clock()).exclude(status=Incident.Status.RESOLVED)
    found = list(rows.order_by("resolve_at", "pk").values_list("pk", flat=True)[:limit])
    try:
        return _look_at(found, clock) if found else 0
    except Exception as fault:  # of one of them: each is looked at alone, and what fails is logged there
        if is_outage(fault):
            raise
        log.warning("unheard_not_resolved", incidents=len(found), error=repr(fault), effect="one by one")
    return sum(_look_at_one(pk, clock) for pk in found)


def _look_at_one(pk: int, clock: Callable[[], datetime]) -> int:
    try:
        return _look_at([pk], clock)
    except Exception as fault:
        if is_outage(fault):
            raise
        log.exception("unheard_not_resolved", incident=pk, effect=f"looked at again after {PAUSE}")
        Incident.objects.filter(pk=pk).update(resolve_at=clock() + PAUSE)
        return 0


@transaction.atomic
def _look_at(pks: Sequence[int], clock: Callable[[], datetime]) -> int:
    alerts = Alert.objects.select_for_update().filter(incident__in=pks, status=Alert.Status.OPEN)
    open_alerts = [(alert.pk, alert.incident_id) for alert in alerts.order_by("dedup_key", "pk")]
    rows = _locked(pks)
    now = clock()  # after the locks were waited for
    heard, put_off = _heard([row.pk for row in rows]), selectors.snoozed([row.pk for row in rows])
    for row in rows:
        after = row.service.auto_resolve_after
        row.resolve_at = ends_at(
            state_of(row),
            Policy.from_json(row.policy),
            after=after,
            heard=max(heard[row.pk], row.triggered_at),
        )
        if row.pk in put_off and row.hold_until is not None:
            row.resolve_at = max(row.hold_until, now + PAUSE)
    over = [row for row in rows if row.resolve_at is not None and row.resolve_at <= now]
    Incident.objects.bulk_update([row for row in rows if row not in over], ["resolve_at"])
    ended = {row.pk for row in over}
    Alert.objects.filter(pk__in=[pk for pk, of in open_alerts if of in ended]).update(**closed_at(now))
    engine.apply_all([Change(row, Resolved(), why=_why(row)) for row in over], now=now)
    return len(rows)


def _locked(pks: Iterable[int]) -> list[Incident]:
    rows = Incident.objects.select_for_update(of=("self",)).select_related("service", "service__team")
    still_open = rows.filter(pk__in=list(pks)).exclude(status=Incident.Status.RESOLVED)
    return list(still_open.order_by("pk"))


def _heard(pks: Sequence[int]) -> Mapping[int, datetime]:
    """When the last was heard of each: an event of an alert, something that became of it, a person."""
    events = Alert.objects.filter(incident__in=pks).values_list("incident").annotate(Max("last_event_at"))
    said = Entry.objects.filter(subject_type="incident", subject_id__in=pks)
    told = said.filter(Q(actor__isnull=False) | Q(verb__startswith="incident."))
    found: dict[int, datetime] = {}
    for pk, at in (*events.order_by(), *told.order_by().values_list("subject_id").annotate(Max("at"))):
        found[pk or 0] = max(at, found.get(pk or 0, at))
    return found


def _why(row: Incident) -> str:
    return f"nothing was heard of it for {exactly(row.service.auto_resolve_after or timedelta(0))}"
