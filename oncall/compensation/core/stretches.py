"""What people really carried on one schedule, each stretch with the shift it is a part of."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from oncall.compensation.core.carried import Carried
from oncall.core import final
from oncall.core.final import Roster
from oncall.core.layer import Piece
from oncall.core.override import Override, TemporaryShift
from oncall.core.span import Span, intersection, subtraction

AROUND = timedelta(days=100)
"""A shift that reaches further than this beyond what is asked for is taken to end there."""


class CarriedBy(NamedTuple):
    user: int
    carried: Carried


class _Run(NamedTuple):
    """One person's time in a role without a break, by the same turn or the same override."""

    user: int
    override: str
    turn: object
    span: Span


def stretches(schedule: str, roster: Roster, within: Span) -> list[CarriedBy]:
    """Everybody's on the schedule of that name, in [within.start, within.end), in order of time.

    The whole shift (`Carried.turn`) is what the rotation gave one person without a break, before anything was
    laid over it; where a stretch lies over several, it is cut at their edges, and where it lies over none,
    it is its override's own time. `roster` has to reach AROUND beyond `within` on either side.
    """
    wide = Span(within.start - AROUND, within.end + AROUND)
    base = replace(roster, overrides=(), temporaries=(), deactivated={})
    found: list[CarriedBy] = []
    for role in final.roles(roster, within.start, within.end):
        shifts = sorted({run.span for run in _runs(final.held(base, role, wide.start, wide.end))})
        starts = [shift.start for shift in shifts]
        for run in _runs(final.held(roster, role, within.start, within.end)):
            first = max(bisect_right(starts, run.span.start) - 1, 0)
            under = shifts[first : bisect_left(starts, run.span.end)]
            for span, whole in _parts(run, under):
                carried = Carried(
                    schedule=schedule, role=role, span=span, turn=whole, override=_evidence(run)
                )
                found.append(CarriedBy(run.user, carried))
    return sorted(found, key=lambda one: (one.carried.span, one.carried.role, one.user))


def _runs(pieces: Iterable[Piece]) -> list[_Run]:
    done: list[_Run] = []
    running: dict[tuple[int, str, object], Span] = {}
    for piece in pieces:
        going_on = {}
        for holder in piece.holders:
            key = (holder.user, holder.override, holder.turn)
            before = running.pop(key, None)
            joined = before is not None and before.end == piece.start
            start = before.start if before is not None and joined else piece.start
            if before is not None and not joined:
                done.append(_Run(*key, before))
            going_on[key] = Span(start, piece.end)
        done += [_Run(*key, span) for key, span in running.items()]
        running = going_on
    return [*done, *(_Run(*key, span) for key, span in running.items())]


def _parts(run: _Run, shifts: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """The run, cut where the shifts under it begin and end: each part with its whole shift."""
    match run.turn:
        case TemporaryShift(start=start, end=end):
            yield run.span, Span(start, end)
            return
        case Override(start=start, end=end):
            own = Span(start, end)
        case _:
            own = run.span
    for shift in shifts:
        for part in intersection([shift], [run.span]):
            yield part, shift
    for rest in subtraction([run.span], shifts):
        yield rest, own


def _evidence(run: _Run) -> str:
    """“cover #12”, by the override's id; “temporary”; nothing where it was their turn."""
    return f"{run.override} #{run.turn.number}" if isinstance(run.turn, Override) else run.override
