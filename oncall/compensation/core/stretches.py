"""What people really carried on one schedule, each stretch with the shift it is a part of."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import NamedTuple

from oncall.compensation.core.carried import Carried
from oncall.core import final
from oncall.core.final import Roster
from oncall.core.layer import Piece
from oncall.core.override import Override, TemporaryShift
from oncall.core.span import Span, intersection, subtraction, union

AROUND = timedelta(days=100)
"""A shift that reaches further than this beyond what is asked for is taken to end there."""
NEAR = timedelta(days=16)  # further than most reach


class CarriedBy(NamedTuple):
    user: int
    carried: Carried


class _Run(NamedTuple):
    """One person's time in a role without a break, by the same turn or the same override."""

    user: int
    override: str
    turn: object
    span: Span


class _Shifts:
    """Runs by which a whole shift is told, sorted; found by the time that they lie in."""

    def __init__(self, runs: Iterable[_Run]) -> None:
        self._runs = sorted(runs, key=lambda run: (run.span.start, -run.span.end.timestamp(), run.user))
        self._starts = [run.span.start for run in self._runs]
        self._reached = list(accumulate((run.span.end for run in self._runs), max))

    def meeting(self, span: Span) -> list[_Run]:
        first, last = bisect_right(self._reached, span.start), bisect_left(self._starts, span.end)
        return [run for run in self._runs[first:last] if run.span.end > span.start]


def stretches(schedule: str, roster: Roster, within: Span) -> list[CarriedBy]:
    """Everybody's on the schedule of that name, in [within.start, within.end), in order of time.

    The whole shift (`Carried.turn`) is what the rotation, or a temporary schedule, gave one person without a
    break, before any override; where a stretch lies over several, it is cut at their edges, and where it lies
    over none, it is its override's own time. `roster` has to reach AROUND beyond `within` on either side.
    """
    found: list[CarriedBy] = []
    hidden = union(Span(one.start, one.end) for one in roster.temporaries)
    for role in final.roles(roster, within.start, within.end):
        runs = _runs(final.held(roster, role, within.start, within.end))
        planned, stood_in = _Shifts(_planned(roster, role, within)), _Shifts(_temporary(roster, role))
        for run in runs:
            meanwhile = isinstance(run.turn, TemporaryShift) or (
                isinstance(run.turn, Override) and run.turn.over_temporary
            )
            spans = [(stood_in, intersection([run.span], hidden))] if meanwhile else []
            spans.append((planned, subtraction([run.span], hidden) if meanwhile else [run.span]))
            for shifts, parts in spans:
                for span, whole in (one for part in parts for one in _parts(run, part, shifts)):
                    carried = Carried(
                        schedule=schedule, role=role, span=span, turn=whole, override=_evidence(run)
                    )
                    found.append(CarriedBy(run.user, carried))
    return sorted(found, key=lambda one: (one.carried.span, one.carried.role, one.user))


def _planned(roster: Roster, role: str, within: Span) -> list[_Run]:
    """What the layers give, whoever left since, whole where it touches `within`."""
    base = replace(roster, overrides=(), temporaries=(), deactivated={})
    runs: list[_Run] = []
    for around in (NEAR, AROUND):
        since, until = within.start - around, within.end + around
        runs = _runs(final.held(base, role, since, until))
        touching = (run.span for run in runs if run.span.start < within.end and run.span.end > within.start)
        if all(since < span.start and span.end < until for span in touching):
            break
    return runs


def _temporary(roster: Roster, role: str) -> Iterator[_Run]:
    for whole in roster.temporaries:
        for shift in whole.shifts:
            span = Span(max(shift.start, whole.start), min(shift.end, whole.end))
            if shift.role == role and span.start < span.end:
                yield _Run(shift.user, "temporary", shift, span)


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


def _parts(run: _Run, span: Span, shifts: _Shifts) -> Iterator[tuple[Span, Span]]:
    """`span` of the run, cut where the shifts under it begin and end: each part, once, with its whole shift.

    Of several at once, which are those of a shared slot, its own, or that of whom it replaces, comes first.
    """
    left = [span]
    for shift in sorted(shifts.meeting(span), key=lambda shift: _far_from(run, shift)):
        for part in intersection([shift.span], left):
            yield part, shift.span
        left = subtraction(left, [shift.span])
    own = Span(run.turn.start, run.turn.end) if isinstance(run.turn, Override) else span
    for rest in left:
        yield rest, own


def _far_from(run: _Run, shift: _Run) -> tuple[bool, bool]:
    replaced = run.turn.instead_of if isinstance(run.turn, Override) else run.user
    return (run.user, run.turn) != (shift.user, shift.turn), shift.user != replaced


def _evidence(run: _Run) -> str:
    """“cover #12”, by the override's id; “temporary”; nothing where it was their turn."""
    return f"{run.override} #{run.turn.number}" if isinstance(run.turn, Override) else run.override
