"""Gathers rows, asks the machine, applies the answer in one transaction.

Locks are always taken in one order, alerts before their incident, so that an intake and a person who
resolve at the same moment wait for each other instead of deadlocking. Holding an incident's lock proves
that its state is the last one decided.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from escalation import targets, telling, wording
from escalation.core.cause import cause_of
from escalation.core.decision import Decision, Note, PageFallback, PageManagers, PageTargets, StopPaging
from escalation.core.incident import State, Status, Urgency
from escalation.core.machine import decide, opening
from escalation.core.policy import Policy, Target
from escalation.core.stimulus import Snoozed, StepRan, Stimulus, Ticked, Triggered, Unreachable
from escalation.loading import STATE_COLUMNS, put_state, service_urgency, state_of
from escalation.models import Alert, Incident
from paging.actions import pages
from paging.actions.codes import free_codes
from paging.selectors import is_anyone_reached, unreachable_runs
from people import metrics
from people.ledger.record import ENGINE, Actor, Line, record
from people.ledger.verbs import Verb

log = structlog.get_logger(__name__)

FAULT_PAUSE = timedelta(seconds=30)
"""An incident that the engine cannot decide is looked at again after this, behind the others."""

DEADLOCKED = {"40P01", "40001"}


def run_due(*, clock: Callable[[], datetime], limit: int = 100) -> int:
    """Decide every incident whose `wake_at` has come, oldest first, each in a transaction of its own; before
    them those whose last run reached nobody.

    Returns how many were decided; fewer than `limit` means that nothing more is due. Safe to run in many
    workers at once: a row that another one holds is passed over.
    """
    unreached = _run_unreachable(clock, limit)
    due = Incident.objects.filter(wake_at__lte=clock()).order_by("wake_at", "pk")
    return unreached + sum(_run_one(pk, clock) for pk in list(due.values_list("pk", flat=True)[:limit]))


def _run_one(pk: int, clock: Callable[[], datetime]) -> bool:
    try:
        with transaction.atomic():
            now = clock()  # after the lock was waited for, where the database has only one writer
            row = _due(pk, now)
            if row is None:
                return False
            metrics.STEP_LATENESS.observe((now - (row.wake_at or now)).total_seconds())
            _reconsider(row, now)
            apply(row, Ticked(), now=now)
            return True
    except (OperationalError, InterfaceError) as fault:
        if getattr(fault.__cause__, "sqlstate", "") in DEADLOCKED:
            return False  # this one waits for the next tick, the others do not
        raise
    except Exception:
        log.exception("incident_not_decided", incident=pk, effect=f"looked at again after {FAULT_PAUSE}")
        _postpone(pk, clock())
        return False


def _run_unreachable(clock: Callable[[], datetime], limit: int) -> int:
    """Go on at once where every message of a run failed, without waiting for its time. How many."""
    found = unreachable_runs(limit=limit)
    for cause, run in found:
        try:
            with transaction.atomic():
                _unreachable(cause, run, now=clock())
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # its steps go on by their own time; it must not hold up the others
            log.exception("unreachable_not_decided", cause=cause, run=run)
            pages.give_up(cause=cause, run=run, now=clock())
    return len(found)


def _unreachable(cause: str, run: str, *, now: datetime) -> None:
    row = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("service", "service__team")
        .filter(pk=pages.subject_of(cause)[1])
        .first()
    )
    news = pages.give_up(cause=cause, run=run, now=now)
    if row is not None and news and not is_anyone_reached(cause, run):
        apply(row, Unreachable(run), now=now)


def _due(pk: int, now: datetime) -> Incident | None:
    return (
        Incident.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("service", "service__team")
        .filter(pk=pk, wake_at__lte=now)
        .first()
    )


def _reconsider(row: Incident, now: datetime) -> None:
    """A hold outside support hours that ends late, after an outage, may end outside the next ones again."""
    if row.urgency == Urgency.LOW and row.raise_at is not None and row.raise_at <= now:
        urgency, raise_at = service_urgency(row.service, row.severity, at=now)
        if urgency is Urgency.LOW and raise_at is not None:
            row.hold_until = row.raise_at = raise_at


def _postpone(pk: int, now: datetime) -> None:
    """One incident that cannot be decided must not keep the others waiting, nor stay unheard of: its
    managers are paged, once.
    """
    with transaction.atomic():
        row = _due(pk, now)
        if row is None:
            return
        Incident.objects.filter(pk=pk).update(wake_at=now + FAULT_PAUSE)
        what = "The engine could not decide what happens next; it tries again in 30 seconds."
        record([Line(Verb.INCIDENT_UNREACHABLE, ("incident", pk), ENGINE, what)], now=now)
    try:
        with transaction.atomic():
            lines: list[Line] = []
            _page_managers(row, PageManagers(run="fault.managers", why="it could not be decided"), lines, now)
            _write(lines, now)
    except Exception:
        log.exception("managers_not_paged", incident=pk)


def open_incident(
    *, alert: Alert, policy: Policy, stimulus: Triggered, recurred: bool, by: Actor, now: datetime
) -> Incident:
    """A new incident for a new alert, due at once unless its urgency lets it wait. In the caller's
    transaction.
    """
    state, decisions = decide(opening(stimulus), policy, stimulus, now)
    incident = Incident(
        service_id=alert.service_id,
        title=alert.summary,
        policy=policy.to_json(),
        recurred=recurred,
        triggered_at=now,
    )
    put_state(incident, state, policy)
    incident.save(force_insert=True)
    why = "the same alert was resolved within the hour" if recurred else ""
    record(
        [wording.line(incident, note, by=by, why=why) for note in decisions if isinstance(note, Note)],
        now=now,
    )
    metrics.INCIDENTS.labels(severity=incident.severity).inc()
    return incident


def apply(row: Incident, stimulus: Stimulus, *, now: datetime, by: Actor = ENGINE, why: str = "") -> None:
    """Decide and do, for a row that the caller holds locked, in the caller's transaction."""
    policy = Policy.from_json(row.policy)
    state = state_of(row)
    lines: list[Line] = []
    waiting: deque[Stimulus] = deque([stimulus])
    while waiting:
        state, decisions = decide(state, policy, waiting.popleft(), now)
        put_state(row, state, policy)
        for decision in decisions:
            if not isinstance(decision, Note):
                _write(lines, now)  # the cause stands before what it brings about
            metrics.DECISIONS.labels(kind=type(decision).__name__).inc()
            waiting.extend(_do(row, decision, lines, now=now, by=by, why=why))
        if not waiting and _is_due(state, policy, now):
            waiting.append(Ticked())
    news = _mark(row, state, now=now, by=by)
    row.save(
        update_fields=[*STATE_COLUMNS, "acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by"]
    )
    _write(lines, now)
    if news:
        telling.tell_paged(
            row, did="snoozed" if isinstance(stimulus, Snoozed) else state.status, by=by, now=now
        )


def _write(lines: list[Line], now: datetime) -> None:
    if lines:
        record(lines, now=now)
        lines.clear()


def _is_due(state: State, policy: Policy, now: datetime) -> bool:
    """A step that was skipped makes the next one due within the same transaction."""
    wake_at = state.wake_at(policy)
    return wake_at is not None and wake_at <= now


def _do(
    row: Incident, decision: Decision, lines: list[Line], *, now: datetime, by: Actor, why: str
) -> Sequence[Stimulus]:
    """Carry out one decision; what it turns up is fed back to the machine."""
    match decision:
        case Note():
            actor = ENGINE if decision.event in wording.BY_THE_ENGINE else by
            lines.append(wording.line(row, decision, by=actor, why=why))
        case StopPaging(reason):
            pages.stop(cause=cause_of(row.pk), reason=reason, now=now)
        case PageTargets():
            anyone = _page_step(row, decision, lines, now)
            return () if decision.outside else (StepRan(anyone),)
        case PageManagers():
            _page_managers(row, decision, lines, now)
        case PageFallback():
            _page_fallback(row, decision.run, lines, now)
    return ()


def _page_step(row: Incident, decision: PageTargets, lines: list[Line], now: datetime) -> bool:
    reason = wording.step_reason(decision)
    found = [
        targets.Recipient(one.user, f"{one.because}, {reason}")
        for one in _recipients(row, decision.targets, now)
    ]
    reached = _page(row, found, run=decision.run, now=now, valid_for=decision.valid_for)
    asked = ", ".join(target.label for target in decision.targets)
    lines += wording.unreached(row, found, reached, why=f"{reason}: {asked}")
    return bool(reached)


def _recipients(row: Incident, wanted: Sequence[Target], now: datetime) -> list[targets.Recipient]:
    """Of targets of which one cannot be resolved (a fault of ours), the others are paged all the same."""
    try:
        return targets.recipients(wanted, at=now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("target_not_resolved", incident=row.pk, targets=[target.label for target in wanted])
    if len(wanted) == 1:
        return []
    found = [one for target in wanted for one in _recipients(row, [target], now)]
    return list({one.user: one for one in reversed(found)}.values())[::-1]


def _page_managers(row: Incident, decision: PageManagers, lines: list[Line], now: datetime) -> None:
    """The team's managers; failing them, the site's fallback contact; failing that, said aloud."""
    found = targets.managers(row.service.team_id)
    reached = _page(row, found, run=decision.run, now=now)
    lines += wording.unreached(row, found, reached, why=f"{decision.why}: the team's managers")
    if not reached:
        _page_fallback(row, f"{decision.run}.fallback", lines, now)


def _page_fallback(row: Incident, run: str, lines: list[Line], now: datetime) -> None:
    fallback = pages.fallback_recipient(now=now)
    last = [] if fallback is None else [targets.Recipient(fallback, "the site's fallback contact")]
    reached = _page(row, last, run=run, now=now)
    lines += wording.unreached(row, last, reached, why="the site's fallback contact (FALLBACK_CONTACT)")
    if not reached:
        log.critical("nobody_reachable", incident=row.pk, service=str(row.service))


def _page(
    row: Incident,
    found: Sequence[targets.Recipient],
    *,
    run: str,
    now: datetime,
    valid_for: timedelta = timedelta(minutes=10),
) -> list[targets.Recipient]:
    """Ask for one page each. Returns those who have a way to be reached."""
    if not found:
        return []
    alert = Alert.objects.filter(incident_id=row.pk).order_by("pk").first()
    requests = [
        pages.PageRequest(
            user_id=one.user,
            cause=cause_of(row.pk),
            run=run,
            urgency=row.urgency,
            facts=wording.facts(row, alert, because=one.because, valid_for=valid_for),
        )
        for one in found
    ]
    unreachable = set(pages.page(requests=requests, now=now))
    return [one for one in found if one.user not in unreachable]


def _mark(row: Incident, state: State, *, now: datetime, by: Actor) -> bool:
    """Who acknowledged or resolved, and when, for people and reports; the machine does not read it. Whether
    that is news. What is over needs no number to reply with.
    """
    if state.status is Status.TRIGGERED:
        row.acknowledged_at, row.acknowledged_by = None, None
    elif state.status is Status.ACKNOWLEDGED and row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = now, by.user
        return True
    elif state.status is Status.RESOLVED and row.resolved_at is None:
        row.resolved_at, row.resolved_by = now, by.user
        free_codes(cause=cause_of(row.pk), now=now)
        return True
    return False
