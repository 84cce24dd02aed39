"""Finds what is due and has it decided, a batch in one transaction; a fault of one incident stays its own."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet

from escalation.core.decision import PageManagers
from escalation.core.incident import Urgency
from escalation.core.stimulus import Ticked, Unreachable
from escalation.engine.applying import Change, apply, apply_all, in_step
from escalation.engine.around import Around
from escalation.engine.faults import DEADLOCKED, is_outage, sqlstate
from escalation.engine.next_in_turn import ask_next_in_turn
from escalation.engine.paging import Paging
from escalation.loading import service_urgency
from escalation.models import Incident
from escalation.quiet.windows import in_maintenance_now
from paging.actions import pages
from paging.core.cause import subject_of
from paging.selectors import UNREACHABLE, is_anyone_reached, unreachable_runs
from people import metrics
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb

log = structlog.get_logger(__name__)

BATCH = 50
"""So many are locked and decided at once: an acknowledgement of one of them waits for the whole batch."""

FAULT_PAUSE = timedelta(seconds=30)
"""An incident that the engine cannot decide is looked at again after this, behind the others."""

DUE = "EXISTS (SELECT 1 FROM escalation_incident WHERE turn = %s AND wake_at <= %s)"


def run_due(*, clock: Callable[[], datetime], limit: int = BATCH) -> int:
    """Decide the incidents whose `wake_at` has come: the first of its service before the others of a storm,
    and of those the oldest first; before them those whose last run reached nobody.

    Returns how many were decided, `limit` of each at most: ask again until it is 0. Safe to run in many
    workers at once: a row that another one holds is passed over.
    """
    unreachable, turns = _look(clock())
    decided = _run_unreachable(clock, limit) if unreachable else 0
    return decided + (_run_batch(clock, turns, limit) if turns else 0)


def _look(now: datetime) -> tuple[bool, list[int]]:
    """Whether a run reached nobody, and the turns of which an incident is due. Asked twice a second by every
    process: in SQL, since Django takes longer to put it together than the database to answer.
    """
    turns = sorted(Incident.Turn)
    due = [value for turn in turns for value in (turn, connection.ops.adapt_datetimefield_value(now))]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([UNREACHABLE, *[DUE] * len(turns)])}", due)
        unreachable, *found = cursor.fetchone()
    return bool(unreachable), [turn for turn, is_due in zip(turns, found, strict=True) if is_due]


def _run_batch(clock: Callable[[], datetime], turns: Sequence[int], limit: int) -> int:
    """A batch of which one cannot be decided is undone, and decided one by one."""
    found: list[int] = []
    try:
        with transaction.atomic():
            now = clock()  # after the lock was waited for, where the database has only one writer
            rows = _batch(now, turns, limit)
            found = [row.pk for row in rows]
            for row in rows:
                _reconsider(row, now)
            late = [(now - (row.wake_at or now)).total_seconds() for row in rows]
            apply_all([Change(row, Ticked()) for row in rows], now=now)
    except Exception as fault:
        if is_outage(fault):
            raise
        log.warning("batch_not_decided", incidents=len(found), error=repr(fault), effect="one by one")
        return sum(_run_one(pk, clock) for pk in found)
    for seconds in late:
        metrics.STEP_LATENESS.observe(seconds)
    return len(rows)


def _due(now: datetime) -> QuerySet[Incident]:
    return Incident.objects.filter(wake_at__lte=now)


def _batch(now: datetime, turns: Sequence[int], limit: int) -> list[Incident]:
    """Locked. One turn after the other, so that each question reads the beginning of an index."""
    rows: list[Incident] = []
    for turn in turns:
        if len(rows) < limit:
            rows += _locked(_due(now).filter(turn=turn).order_by("wake_at", "pk"))[: limit - len(rows)]
    return rows


def _locked(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """What another one holds is passed over."""
    return rows.select_for_update(skip_locked=True, of=("self",)).select_related("service", "service__team")


def _run_one(pk: int, clock: Callable[[], datetime]) -> bool:
    try:
        with transaction.atomic():
            now = clock()
            row = _locked(_due(now).filter(pk=pk)).first()
            if row is None:
                return False
            late = (now - (row.wake_at or now)).total_seconds()
            _reconsider(row, now)
            apply(row, Ticked(), now=now)
    except Exception as fault:
        if is_outage(fault):
            raise
        if sqlstate(fault) in DEADLOCKED:
            return False  # this one waits for the next tick, the others do not
        log.exception("incident_not_decided", incident=pk, effect=f"looked at again after {FAULT_PAUSE}")
        _postpone(pk, clock)
        return False
    metrics.STEP_LATENESS.observe(late)
    return True


def _run_unreachable(clock: Callable[[], datetime], limit: int) -> int:
    """Go on at once where every message of a run failed, without waiting for its time. How many."""
    return sum(_run_one_unreachable(cause, run, clock) for cause, run in unreachable_runs(limit=limit))


def _run_one_unreachable(cause: str, run: str, clock: Callable[[], datetime]) -> bool:
    pk = subject_of(cause)[1]
    try:
        with transaction.atomic():
            now = clock()
            row = _locked(Incident.objects.filter(pk=pk)).first()
            if row is None and Incident.objects.filter(pk=pk).exists():
                return False  # somebody holds it: later, and not in the way of all others
            news = pages.give_up(cause=cause, run=run, now=now)
            lost = row is not None and news and not is_anyone_reached(cause, run)
            if row is not None and lost:
                _go_on(row, run, now)
    except Exception as fault:
        if is_outage(fault):
            raise
        if sqlstate(fault) in DEADLOCKED:
            return False
        # its steps go on by their own time; it must not hold up the others
        log.exception("unreachable_not_decided", cause=cause, run=run)
        pages.give_up(cause=cause, run=run, now=clock())
    return True


def _go_on(row: Incident, run: str, now: datetime) -> None:
    """Nobody is asked in the place of another in maintenance: that is what the incident hears instead."""
    if in_maintenance_now([row], at=now) or not ask_next_in_turn(row, run, now=now):
        apply(row, Unreachable(run), now=now)


def _reconsider(row: Incident, now: datetime) -> None:
    """A hold outside support hours that ends late, after an outage, may end outside the next ones again."""
    if row.urgency == Urgency.LOW and row.raise_at is not None and row.raise_at <= now:
        urgency, raise_at = service_urgency(row.service, row.severity, at=now)
        if urgency is Urgency.LOW and raise_at is not None:
            row.hold_until = row.raise_at = raise_at


def _postpone(pk: int, clock: Callable[[], datetime]) -> None:
    """One incident that cannot be decided must not keep the others waiting, nor stay unheard of: its
    managers are paged, once; not in maintenance.
    """
    try:
        with transaction.atomic():
            now = clock()
            row = _locked(_due(now).filter(pk=pk)).first()
            if row is None:
                return
            Incident.objects.filter(pk=pk).update(wake_at=now + FAULT_PAUSE)
            what = "The engine could not decide what happens next; it tries again in 30 seconds."
            record([Line(Verb.INCIDENT_UNREACHABLE, ("incident", pk), ENGINE, what)], now=now)
            if in_maintenance_now([row], at=now):
                return
        with transaction.atomic():
            lines: list[Line] = []
            asked = PageManagers(run="fault.managers", why="it could not be decided")
            paging = Paging(row, lines, Around([row], at=now), now)
            in_step([paging.managers(asked)], lines, now=now)
    except Exception as fault:
        if is_outage(fault):
            raise
        log.exception("managers_not_paged", incident=pk)
