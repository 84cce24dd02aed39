"""An accepted plan: checked again as if a stranger had written it, then a temporary schedule."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from oncall.actions import Refused, add_temporary
from oncall.actions.refusal import sentence_of_span
from oncall.actions.spans import GRACE, locked
from oncall.core.final import Shift
from oncall.core.override import TemporaryShift
from oncall.core.plan.framing import Frame
from oncall.core.plan.problem import NOBODY, Group, Slot, changes, free_for, is_allowed
from oncall.core.span import Span, subtraction, union
from oncall.models import Schedule, TemporarySchedule
from oncall.planning.gathering import frame_of
from oncall.planning.proposing import check_span
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

Told = tuple[str, int | None, datetime, datetime]
STALE = "ask for a new plan, and accept that one."


def accept(  # noqa: PLR0913 - the words of one request
    *,
    schedule: Schedule,
    revision: int,
    since: datetime,
    until: datetime,
    shifts: Iterable[Shift],
    by: Actor,
    now: datetime,
) -> list[TemporarySchedule]:
    """Write exactly `shifts`, proposed for [since, until) at `revision`, as a temporary schedule.

    Where temporary schedules stand there already these stay, and what is around each becomes one of its own.
    Raises Refused where the schedule, or what people can carry, is another since, where `shifts` are not a
    plan of its turns, and where a turn that would change has begun.
    """
    check_span(since, until, now=now)
    with transaction.atomic():
        row = locked(schedule)  # nothing that lies over the schedule changes between this look and the write
        if row.revision != revision:
            raise Refused(f"{row.name} was changed since this plan was made; {STALE}")
        frame = frame_of(row, since, until)
        choice = _choice(frame, list(shifts))
        _check(frame, choice, now=now)
        wanted = [one for one in shifts_to_write(frame, choice) if one.end > now]
        made = [_write(row, span, wanted, by=by, now=now) for span in _free(row, max(since, now), until)]
        if not made:
            raise Refused("Temporary schedules fill that time already; cancel one, or choose another time.")
        _record(row, frame, choice, made, by=by, now=now)
    return made


def shifts_to_write(frame: Frame, choice: Sequence[Group]) -> Iterator[TemporaryShift]:
    """The plan as a temporary schedule says it: every role, what stays as it is too."""
    for slot, who in zip(frame.problem.slots, choice, strict=True):
        yield from (TemporaryShift(slot.role, *span, user) for user in who for span in slot.spans)
    for one in frame.kept:
        if one.user is not None:
            yield TemporaryShift(one.role, one.start, one.end, one.user)


def _choice(frame: Frame, shifts: Sequence[Shift]) -> list[Group]:
    """Who has which turn, read back from shifts. Raises Refused where they are not those of the turns."""
    left: set[Told] = {(one.role, one.user, one.start, one.end) for one in shifts if one.user is not None}
    for one in frame.kept:
        told = (one.role, one.user, one.start, one.end)
        if told not in left:
            raise Refused(
                f"The {one.role} shift {_when(one.start, one.end)} stays as it is, but is not; {STALE}"
            )
        left.discard(told)
    choice = []
    for slot in frame.problem.slots:
        who = next((group for group in slot.options if _whole(slot, group) <= left), NOBODY)
        left -= _whole(slot, who)
        choice.append(who)
    if left:
        role, _, start, end = min(left, key=lambda told: told[2])
        raise Refused(
            f"The {role} shift {_when(start, end)} is not a turn that this person can have: the turns, "
            f"somebody's time off or another schedule are not what they were; {STALE}"
        )
    return choice


def _whole(slot: Slot, who: Group) -> set[Told]:
    return {(slot.role, user, *span) for user in who for span in slot.spans}


def _check(frame: Frame, choice: Sequence[Group], *, now: datetime) -> None:
    if not is_allowed(frame.problem, choice):
        raise Refused(f"Somebody would be on call in two roles at once; {STALE}")
    for n, (slot, who) in enumerate(zip(frame.problem.slots, choice, strict=True)):
        if not who and any(free_for(frame.problem, choice, n)):
            raise Refused(
                f"Nobody has {slot.role} {_when(slot.start, slot.end)}, and somebody could; {STALE}"
            )
        if slot.start < now - GRACE and sorted(who) != sorted(slot.usual):
            raise Refused(f"The {slot.role} turn {_when(slot.start, slot.end)} has begun; {STALE}")


def _free(schedule: Schedule, since: datetime, until: datetime) -> list[Span]:
    """[since, until) without the temporary schedules that stand there."""
    rows = TemporarySchedule.objects.filter(
        schedule=schedule, cancelled_at=None, start__lt=until, end__gt=since
    )
    taken = union(Span(row.start, row.end) for row in rows)
    return subtraction([Span(since, until)], taken) if since < until else []


def _write(
    schedule: Schedule, span: Span, wanted: Iterable[TemporaryShift], *, by: Actor, now: datetime
) -> TemporarySchedule:
    inside = [
        TemporaryShift(one.role, max(one.start, span.start), min(one.end, span.end), one.user)
        for one in wanted
        if one.start < span.end and one.end > span.start
    ]
    return add_temporary(schedule=schedule, start=span.start, end=span.end, shifts=inside, by=by, now=now)


def _record(
    schedule: Schedule,
    frame: Frame,
    choice: Sequence[Group],
    made: Sequence[TemporarySchedule],
    *,
    by: Actor,
    now: datetime,
) -> None:
    changed = changes(frame.problem, choice)
    what = (
        f"Accepted a plan {_when(frame.since, frame.until)}: {changed} of {len(choice)} turns differ from "
        "the rotation"
    )
    data = {
        "temporaries": [row.pk for row in made],
        "start": frame.since.isoformat(),
        "end": frame.until.isoformat(),
        "revision": schedule.revision,
        "changes": changed,
    }
    record([Line(Verb.PLAN_ACCEPTED, ("schedule", schedule.pk), by, what, data=data)], now=now)


def _when(start: datetime, end: datetime) -> str:
    return sentence_of_span(start, end, start.tzinfo) if start.tzinfo else ""
