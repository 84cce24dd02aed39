"""Decides, and does what was decided, for as many incidents at once as are given: in a number of statements
that does not grow with them.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from escalation import telling, wording
from escalation.core.cause import cause_of
from escalation.core.decision import (
    Decision,
    Event,
    Note,
    PageFallback,
    PageManagers,
    PagePerson,
    PageTargets,
    StopPaging,
)
from escalation.core.incident import Quiet, State, Status
from escalation.core.machine import decide, opening
from escalation.core.moves import FALLBACK
from escalation.core.policy import Policy
from escalation.core.stimulus import (
    Merged,
    Snoozed,
    StepRan,
    Stimulus,
    Ticked,
    Triggered,
    Unreachable,
)
from escalation.core.unheard import ends_at
from escalation.engine import quiet
from escalation.engine.around import Around
from escalation.engine.paging import Asking, Paging
from escalation.loading import STATE_COLUMNS, put_state
from escalation.models import Incident, Service
from paging.actions import pages
from paging.actions.codes import free_codes
from paging.actions.pages import PageRequest
from people import metrics
from people.columns import Columns
from people.ledger.record import ENGINE, Actor, Line, record

Turn = Incident.Turn
LATELY = timedelta(minutes=15)
"""A service that had no other incident for so long is heard before one that has a storm of them."""

COLUMNS = [
    *STATE_COLUMNS, "acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by",
    "picked",
    "merged_into", "episodes", "alert_count", "resolve_at",
]  # fmt: skip
NEW = Columns(Incident, but=["id"])
Run = Generator[list[PageRequest], set[int], None]
"""Yields requests for pages, is sent the ids of those whom nothing reaches."""


@dataclass(frozen=True)
class Change:
    """Something that happens to an incident, whose row the caller holds locked."""

    row: Incident
    stimulus: Stimulus
    by: Actor = ENGINE
    why: str = ""


def apply(row: Incident, stimulus: Stimulus, *, now: datetime, by: Actor = ENGINE, why: str = "") -> None:
    """Decide and do, for a row that the caller holds locked, in the caller's transaction."""
    apply_all([Change(row, stimulus, by=by, why=why)], now=now)


def apply_all(changes: Sequence[Change], *, now: datetime) -> None:
    """The same for several incidents, each of them once, in the caller's transaction.

    Whatever goes wrong with one of them is raised, and is the fault of all: the caller undoes it and tries
    them one by one.
    """
    lines: list[Line] = []
    around = Around([change.row for change in changes], at=now)
    kept = quiet.kept([(change.row, change.stimulus) for change in changes], now=now)
    news: list[Change] = []
    runs = [
        _run(change, Paging(change.row, lines, around, now), news, kept.get(change.row.pk))
        for change in changes
    ]
    in_step(runs, lines, now=now)
    _save([change.row for change in changes])
    around.save_turns()
    for change in news:
        telling.tell_paged(change.row, did=_did(change), by=change.by, now=now)


def _did(change: Change) -> str:
    match change.stimulus:
        case Snoozed():
            return "snoozed"
        case Merged(into):
            return f"merged into #{into}"
        case _:
            return change.row.status


def in_step(runs: Iterable[Run | Asking], lines: list[Line], *, now: datetime) -> None:
    """Let all of them go on until each asks for pages or ends; write these pages at once; and so on. What is
    in `lines` by then is written before: the cause stands before what it brings about.
    """
    asking = [asked for run in runs if (asked := _go_on(run, None))]
    while asking:
        _write(lines, now)
        unreached = pages.page(requests=[one for asked in asking for one in asked.requests], now=now)
        missed = {one.key for one in unreached}
        asking = [more for asked in asking if (more := _go_on(asked.run, asked.of(missed)))]
    _write(lines, now)


@dataclass(frozen=True)
class _Asked:
    run: Run | Asking
    requests: list[PageRequest]

    def of(self, missed: set[tuple[str, str, int]]) -> set[int]:
        return {one.user_id for one in self.requests if one.key in missed}


def _go_on(run: Run | Asking, answer: set[int] | None) -> _Asked | None:
    try:
        return _Asked(run, next(run) if answer is None else run.send(answer))
    except StopIteration:
        return None


@dataclass(frozen=True)
class Opening:
    """An incident to be, of one new alert or several. `recurred`: the same alert was resolved within the
    hour; `episodes`: how often it came within a day. `why` is for the timeline.
    """

    title: str
    stimulus: Triggered
    recurred: bool = False
    episodes: int = 1
    alert_count: int = 1
    grouped_as: str = ""
    why: str = ""


def open_incidents(
    *, service: Service, policy: Policy, openings: Sequence[Opening], by: Actor, now: datetime
) -> list[Incident]:
    """New incidents of one service, each due at once unless its urgency lets it wait. In the caller's
    transaction; the policy is frozen into them.
    """
    lately = Incident.objects.filter(service=service, triggered_at__gt=now - LATELY).exists()
    frozen = policy.to_json()
    planned = [
        plan_incident(
            one, service=service, policy=policy, frozen=frozen, now=now, lately=lately or number > 0
        )
        for number, one in enumerate(openings)
    ]
    rows = [one.row for one in planned]
    NEW.insert(rows)
    record([line for one in planned for line in one.lines(by)], now=now)
    for row in rows:
        metrics.INCIDENTS.labels(severity=row.severity).inc()
    return rows


@dataclass(frozen=True)
class Planned:
    """An incident as it will be written, and what the timeline will say of it."""

    row: Incident
    notes: Sequence[Note]
    why: str

    def lines(self, by: Actor) -> Iterator[Line]:
        """Once the row has its number."""
        for note in self.notes:
            why = self.why if note.event is Event.TRIGGERED else ""
            yield wording.line(self.row, note, by=wording.actor_of(note, by), why=why)


def plan_incident(
    one: Opening, *, service: Service, policy: Policy, frozen: Any, now: datetime, lately: bool
) -> Planned:
    """Decide how it begins; nothing is written. `frozen` is the policy's JSON, `lately`: the service had
    another one within LATELY.
    """
    state, decisions = decide(opening(one.stimulus), policy, one.stimulus, now)
    row = NEW.new(
        {
            "title": one.title,
            "policy": frozen,
            "recurred": one.recurred,
            "episodes": one.episodes,
            "alert_count": one.alert_count,
            "grouped_as": one.grouped_as,
            "triggered_at": now,
            "turn": Turn.MORE if lately else Turn.FIRST,
        }
    )
    row.service = service
    put_state(row, state, policy)
    row.resolve_at = ends_at(state, policy, after=service.auto_resolve_after, heard=now)
    return Planned(row, [note for note in decisions if isinstance(note, Note)], one.why)


def _run(change: Change, paging: Paging, news: list[Change], kept: Quiet | None) -> Run:
    """Until nothing more is due. `news` learns of it where those who were paged are to be told."""
    row, now = change.row, paging.now
    policy, state = Policy.from_json(row.policy), quiet.graded(row, now=now)
    waiting: deque[Stimulus] = deque(quiet.heard(change.stimulus, kept))
    while waiting:
        state, decisions = decide(state, policy, waiting.popleft(), now)
        put_state(row, state, policy)
        for decision in decisions:
            metrics.DECISIONS.labels(kind=type(decision).__name__).inc()
            waiting.extend((yield from _do(change, decision, paging)))
        if not waiting and _is_due(state, policy, now):
            waiting.append(Ticked())
    row.resolve_at = ends_at(state, policy, after=row.service.auto_resolve_after, heard=now)
    if _mark(row, state, now=now, by=change.by):
        news.append(change)


def _do(
    change: Change, decision: Decision, paging: Paging
) -> Generator[list[PageRequest], set[int], Sequence[Stimulus]]:
    """Carry out one decision; what it turns up is fed back to the machine."""
    match decision:
        case Note():
            actor = wording.actor_of(decision, change.by)
            paging.lines.append(wording.line(change.row, decision, by=actor, why=change.why))
        case StopPaging(reason, sparing, user):
            _write(paging.lines, paging.now)
            doer = change.by.user.pk if change.by.user else None
            spare = pages.Spared(sparing, but=doer) if sparing else None
            pages.stop(
                cause=cause_of(change.row.pk), reason=reason, now=paging.now, user_id=user, spare=spare
            )
        case _:
            return (yield from _page(decision, paging))
    return ()


def _page(
    decision: PageTargets | PagePerson | PageManagers | PageFallback, paging: Paging
) -> Generator[list[PageRequest], set[int], Sequence[Stimulus]]:
    match decision:
        case PageTargets():
            reached = yield from paging.step(decision)
            anyone = any(one.person for one in reached)
            return (StepRan(anyone, decision.number if decision.outside else None, told=bool(reached)),)
        case PagePerson(run=run, user=user):
            if not (yield from paging.person(user, run)):
                return (Unreachable(run),)
        case PageManagers():
            if not (yield from paging.managers(decision)):
                return (Unreachable(f"{decision.run}{FALLBACK}"),)
        case PageFallback():
            if not (yield from paging.fallback(decision.run)):
                return (Unreachable(decision.run),)
    return ()


def _is_due(state: State, policy: Policy, now: datetime) -> bool:
    """A step that was skipped makes the next one due within the same transaction."""
    wake_at = state.wake_at(policy)
    return wake_at is not None and wake_at <= now


def _write(lines: list[Line], now: datetime) -> None:
    if lines:
        record(lines, now=now)
        lines.clear()


def _save(rows: Sequence[Incident]) -> None:
    """Of several, by one INSERT that finds them all there: Django's bulk update spells every column of every
    row out as a condition, and takes longer than the decisions.
    """
    if len(rows) == 1:
        rows[0].save(update_fields=COLUMNS)
    else:
        Incident.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=COLUMNS)


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
