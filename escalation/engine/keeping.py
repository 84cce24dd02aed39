"""Maintenance windows that begin and end: the incidents that are open then, brought in line with them.

What the engine decides never hangs on this: it asks the windows itself before anything that might page
(escalation.engine.applying). This stops what is on its way already, and starts what no window keeps any more.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from escalation.core.incident import Parked, Quiet
from escalation.core.moves import WAITS
from escalation.core.stimulus import Quieted, QuietOver
from escalation.engine.applying import Change
from escalation.engine.faults import is_outage
from escalation.engine.one_by_one import apply_each
from escalation.loading import window_of
from escalation.models import Incident, MaintenanceWindow, Service
from escalation.quiet.windows import live, quiet_of, windows_of
from people.ledger.record import ENGINE, Actor, Line, record
from people.ledger.verbs import Verb

log = structlog.get_logger(__name__)

BATCH = 50
TRIED_AGAIN_IN = timedelta(minutes=5)
JUST_BEFORE = timedelta(microseconds=1)
TRIGGERED, ACKNOWLEDGED = Incident.Status.TRIGGERED, Incident.Status.ACKNOWLEDGED


def keep_windows(*, clock: Callable[[], datetime], limit: int = BATCH) -> int:
    """See to one window of which an occurrence has begun or ended: at most `limit` of its incidents, in one
    transaction. Returns how many windows that was: ask again until it is 0.

    Safe to run in many workers at once: a window that another one holds is passed over. One that cannot be
    kept is logged, looked at again in five minutes, and holds up no other.
    """
    now = clock()
    pk = _due(now).order_by("look_at", "pk").values_list("pk", flat=True).first()
    if pk is None:
        return 0
    try:
        return _keep(clock, limit)
    except Exception as fault:
        if is_outage(fault):
            raise
        log.exception("window_not_kept", window=pk, effect="looked at again in five minutes")
        MaintenanceWindow.objects.filter(pk=pk, look_at__lte=now).update(look_at=now + TRIED_AGAIN_IN)
        return 0


@transaction.atomic
def _keep(clock: Callable[[], datetime], limit: int) -> int:
    now = clock()  # after the lock was waited for, where the database has only one writer
    due = _due(now).select_for_update(skip_locked=True, of=("self",)).select_related("service")
    row = due.order_by("look_at", "pk").first()
    if row is None:
        return 0
    settled = settle(row.service, now=now, limit=limit, wait=False)
    if settled.held:
        return 0  # somebody else has the rest in hand: at the next look
    if not settled.more:
        lines = _said(row, now)
        if not note_window(row, now=now, wait=False):
            row.look_at = now + TRIED_AGAIN_IN
            row.save(update_fields=["look_at"])
        record(lines, now=now)
    return 1


def _due(now: datetime) -> QuerySet[MaintenanceWindow]:
    return MaintenanceWindow.objects.filter(look_at__lte=now)


class Settled(NamedTuple):
    """Whether there may be `more`, and whether some are `held` by somebody for whom nobody waited."""

    more: bool
    held: bool = False


def settle(
    service: Service,
    *,
    now: datetime,
    limit: int = BATCH,
    wait: bool = True,
    by: Actor = ENGINE,
    why: str = "",
) -> Settled:
    """Bring the open incidents of a service in line with its windows, `limit` of them at most. One that
    cannot be decided is left. In the caller's transaction; whoever does it twice does it once.
    """
    quiet = quiet_of(windows_of([service.pk], at=now).get(service.pk, ()), now)
    rows = list(
        Incident.objects.select_for_update(of=("self",), skip_locked=not wait)
        .select_related("service", "service__team")
        .filter(_out_of_line(quiet, now), service=service)
        .order_by("pk")[:limit]
    )
    undecided = apply_each([Change(row, _stimulus(row, quiet), by=by, why=why) for row in rows], now=now)
    if len(rows) == limit:
        return Settled(more=True)
    left = Incident.objects.filter(_out_of_line(quiet, now), service=service).exclude(pk__in=undecided)
    return Settled(more=False, held=not wait and left.exists())


def _out_of_line(quiet: Quiet | None, now: datetime) -> Q:
    """Those that pages reach although they should not, or stay quiet longer than the windows say. What pages
    nobody anyway is left as it is.
    """
    kept = Q(status__in=[TRIGGERED, ACKNOWLEDGED], quiet_reason=Parked.MAINTENANCE)
    if quiet is None:
        return kept & Q(quiet_until__gt=now)
    too_little = Q(quiet_until=None) | Q(quiet_until__lt=quiet.until)
    pages = Q(status__in=[TRIGGERED, ACKNOWLEDGED]) & ~Q(parked_reason__in=WAITS, wake_at=None)
    return pages & too_little | kept & Q(quiet_until__gt=quiet.until)


def _stimulus(row: Incident, quiet: Quiet | None) -> Quieted | QuietOver:
    if quiet is not None and (row.quiet_until is None or row.quiet_until < quiet.until):
        return Quieted(quiet)
    return QuietOver(Parked.MAINTENANCE, then=quiet)


def note_window(row: MaintenanceWindow, *, now: datetime, wait: bool = True) -> bool:
    """When the keeper has to look at this window again, and whether its service has any at all. The caller
    holds the row. False where somebody else holds the service and `wait` is not wanted: then the service is
    left as it is, which costs it a question and no page.
    """
    window = window_of(row)
    running, coming = window.running(now), window.next(now)
    cancelled = row.cancelled_at is not None
    row.over_at = row.cancelled_at or window.over_at()
    row.look_at = None if cancelled else running.end if running else coming.start if coming else None
    row.save(update_fields=["look_at", "over_at"])
    services = Service.objects.select_for_update(no_key=True, skip_locked=not wait).filter(pk=row.service_id)
    service = services.first()
    if service is None:
        return False
    # Asked under the lock: of two who change windows of a service, the second sees what the first has made.
    has = live(at=now).filter(service=service).exists()
    if service.has_maintenance != has:
        Service.objects.filter(pk=service.pk).update(has_maintenance=has)
    return True


def _said(row: MaintenanceWindow, now: datetime) -> list[Line]:
    """That it has begun, or is over, where that is why the keeper looks."""
    window, looked = window_of(row), row.look_at or now
    running = window.running(now)
    if running is not None and running.start == looked:
        until = f"{running.end:%Y-%m-%d %H:%M} UTC"
        return [_line(row, Verb.MAINTENANCE_BEGAN, f"maintenance of {row.service} began, until {until}")]
    if running is None and window.running(looked - JUST_BEFORE) is not None:
        return [_line(row, Verb.MAINTENANCE_OVER, f"maintenance of {row.service} is over")]
    return []


def _line(row: MaintenanceWindow, verb: Verb, what: str) -> Line:
    why = window_of(row).said
    return Line(verb, ("service", row.service_id), ENGINE, what, why, {"maintenance": row.pk})
