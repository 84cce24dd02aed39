"""The roster after a span was given away: who takes it is on wherever the giver was, and only there."""

from datetime import UTC, datetime

from oncall.actions.refusal import Refused, sentence_of_span
from oncall.actions.spans import roster_around
from oncall.core import final
from oncall.core.final import Roster, Shift
from oncall.core.span import Span
from oncall.models import Override, Schedule, Swap
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

KEPT = ("schedule", "role", "kind", "user", "instead_of", "reason", "over_temporary")
MOST_PIECES = 400


def carried(roster: Roster, role: str, user_id: int, span: Span) -> list[Shift]:
    """What a person carries of `role` within `span`, in pieces that are each by one kind of override."""
    return [shift for shift in final.shifts(roster, *span, role=role) if shift.user == user_id]


def give(*, swap: Swap, taker: User, since: datetime, by: Actor, now: datetime) -> None:
    """Put `taker` in the giver's place from `since`, not in the past, to the end of `swap`.

    A replace of each contiguous piece that the giver carries; one that they carry by a cover or as an
    addition is cut out of that override, which a replace would not touch. Holding the schedule's lock proves
    that nobody else changes the roster meanwhile. Raises Refused for a span in hundreds of pieces.
    """
    for _ in range(MOST_PIECES):
        roster = roster_around(swap.schedule, since, swap.end, now)
        pieces = carried(roster, swap.role, swap.giver_id, Span(since, swap.end))
        if not pieces:
            return
        laid = [piece for piece in pieces if piece.override in {Override.Kind.COVER, Override.Kind.ADD}]
        for piece in pieces:
            if piece not in laid:
                _replace(swap, taker, piece, roster, by=by, now=now)
        for piece in laid[:1]:  # the next may be of the same override, whose rest is a new one now
            _take_out(swap, taker, piece, roster, by=by, now=now)
    raise Refused(f"{swap} falls into more than {MOST_PIECES} pieces; ask for a shorter span.")


def cut_out(
    row: Override, start: datetime, end: datetime, *, by: Actor, now: datetime, swap: Swap | None = None
) -> None:
    """Take [start, end), not in the past, out of an override; what is left of it before and after stands."""
    rest, row_end = Override(**{name: getattr(row, name) for name in KEPT}), row.end
    if row.start >= start:
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        _record(Verb.OVERRIDE_CANCELLED, row, f"{row} cancelled", by=by, now=now)
    else:
        row.end = start
        row.save(update_fields=["end"])
        _record(Verb.OVERRIDE_ENDED, row, f"{row} ends {start:%Y-%m-%d %H:%M} UTC", by=by, now=now)
    if end < row_end:
        rest.start, rest.end, rest.swap = end, row_end, swap
        _write(rest, by=by, now=now)


def _replace(swap: Swap, taker: User, piece: Shift, roster: Roster, *, by: Actor, now: datetime) -> None:
    meets = any(one.start < piece.end and one.end > piece.start for one in roster.temporaries)
    row = Override(
        schedule=swap.schedule,
        role=swap.role,
        kind=Override.Kind.REPLACE,
        user=taker,
        instead_of=swap.giver,
        start=piece.start,
        end=piece.end,
        reason=swap.reason,
        over_temporary=meets,
        swap=swap,
    )
    _write(row, by=by, now=now)


def _take_out(swap: Swap, taker: User, piece: Shift, roster: Roster, *, by: Actor, now: datetime) -> None:
    row = _by_which(swap.schedule, piece, roster)
    start, end = max(piece.start, row.start), min(piece.end, row.end)
    own = Override(**{name: getattr(row, name) for name in KEPT})
    cut_out(row, start, end, by=by, now=now, swap=swap)
    own.user, own.reason, own.start, own.end, own.swap = taker, swap.reason, start, end, swap
    _write(own, by=by, now=now)


def _by_which(schedule: Schedule, piece: Shift, roster: Roster) -> Override:
    """The override by which the person of `piece` is on when it begins; the latest wins, as in the roster."""
    numbers = [
        one.number
        for one in roster.overrides
        if (one.role, one.kind, one.user) == (piece.role, piece.override, piece.user)
        and one.start <= piece.start < one.end
    ]
    return schedule.overrides.select_related("user", "schedule").get(pk=max(numbers))


def _write(row: Override, *, by: Actor, now: datetime) -> None:
    row.created_at, row.created_by = now, by.user
    row.save()
    who = f"{row.user} replaces {row.instead_of} in" if row.instead_of else f"{row.user}, {row.kind} of"
    what = f"{who} {row.role} {sentence_of_span(row.start, row.end, UTC)}"
    _record(Verb.OVERRIDE_CREATED, row, what, by=by, now=now)


def _record(verb: Verb, row: Override, what: str, *, by: Actor, now: datetime) -> None:
    """In the words of `oncall.actions.overrides`, with the swap it came from."""
    data = {
        "override": row.pk,
        "role": row.role,
        "kind": row.kind,
        "user": row.user_id,
        "start": row.start.isoformat(),
        "end": row.end.isoformat(),
        "instead_of": row.instead_of_id,
        "swap": row.swap_id,
    }
    record([Line(verb, ("schedule", row.schedule_id), by, what, why=row.reason, data=data)], now=now)
