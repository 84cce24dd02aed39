"""The final schedule: who is on call. One resolver answers for an instant and for a range.

For each role: the versions' layers, highest first; those who left taken out; overrides and temporary
schedules laid over; then read out as shifts. Nothing is stored and nothing walks from an anchor.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from oncall.core.definition import Definition, Role, in_order
from oncall.core.layer import Piece, following, on_duty
from oncall.core.override import Override, Temporary
from oncall.core.rotation import NO_HOLIDAYS, Holidays
from oncall.core.span import Span
from oncall.core.stack import changes_of, filled, laid_over, still_valid, topped, without

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
NOBODY: tuple[Any, ...] = (None, "")


@dataclass(frozen=True, slots=True)
class Version:
    """What the schedule says from `effective_from` until the next version begins."""

    effective_from: datetime
    zone: tzinfo
    definition: Definition
    holidays: Holidays = NO_HOLIDAYS


@dataclass(frozen=True, slots=True)
class Roster:
    """Everything that decides who is on call on one schedule; all instants are in UTC.

    `versions` in order of time. From the instant in `deactivated` on, that person is nobody: their turns are
    gaps, and an override that names them falls away. From `retired_at` on, everybody is.
    """

    versions: tuple[Version, ...]
    overrides: tuple[Override, ...] = ()
    temporaries: tuple[Temporary, ...] = ()
    deactivated: Mapping[int, datetime] = field(default_factory=dict)
    retired_at: datetime | None = None

    def people(self) -> set[int]:
        """Everyone who may be on call, or who would if they had not left."""
        users = {user for version in self.versions for user in version.definition.users()}
        users |= {override.user for override in self.overrides}
        return users | {shift.user for temporary in self.temporaries for shift in temporary.shifts}


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's span in one role, UTC; `user` None is a gap.

    `override` says what put the person there: "" (their turn), cover, replace, add or temporary.
    """

    role: str
    user: int | None
    start: datetime
    end: datetime
    override: str = ""


def shifts(
    roster: Roster,
    since: datetime,
    until: datetime,
    *,
    role: str | None = None,
    split_at_handoffs: bool = False,
) -> list[Shift]:
    """A complete partition of [since, until) for each role, ordered by start, role and user.

    Several people at once are shifts that overlap. What one person carries without a break in one role and by
    one kind of override is one shift; `split_at_handoffs` keeps turns apart. Nothing is outside 1900 to 9000.
    """
    span = _within_reason(since, until)
    found: list[Shift] = []
    for name in roles(roster, since, until) if role is None else [role]:
        found += _read_out(name, _pieces(roster, name, span), span, split=split_at_handoffs)
    return sorted(found, key=lambda shift: (shift.start, shift.role, shift.user or 0))


def on_call(roster: Roster, at: datetime) -> dict[str, tuple[int, ...]]:
    """Who is on call at `at`, for every role there is then, in the order of their slot; nobody is ()."""
    span = _within_reason(at, at + INSTANT)
    return {
        name: tuple(holder.user for piece in _pieces(roster, name, span)[:1] for holder in piece.holders)
        for name in roles(roster, at, at + INSTANT)
    }


def held(roster: Roster, role: str, since: datetime, until: datetime) -> list[Piece]:
    """Who holds `role` in [since, until) and by which turn: sorted, disjoint; gaps have no piece."""
    return _pieces(roster, role, _within_reason(since, until))


def roles(roster: Roster, since: datetime, until: datetime) -> list[str]:
    """The roles there are at some time in [since, until): of a version in force or of what lies over it."""
    names = {
        name for version, span in _reigns(roster, Span(since, until)) for name in version.definition.roles
    }
    names |= {one.role for one in roster.overrides if one.start < until and one.end > since}
    temporaries = (one for one in roster.temporaries if one.start < until and one.end > since)
    names |= {shift.role for temporary in temporaries for shift in temporary.shifts}
    return in_order(names)


def _within_reason(since: datetime, until: datetime) -> Span:
    return Span(max(since.astimezone(UTC), EARLIEST), min(until.astimezone(UTC), LATEST))


def _reigns(roster: Roster, span: Span) -> Iterator[tuple[Version, Span]]:
    """The versions in force in `span`, each with the part of it in which it is."""
    begins = [version.effective_from for version in roster.versions]
    for n in range(max(bisect_right(begins, span.start) - 1, 0), len(begins)):
        end = begins[n + 1] if n + 1 < len(begins) else span.end
        reign = Span(max(begins[n], span.start), min(end, span.end))
        if reign.start < reign.end:
            yield roster.versions[n], reign


def _pieces(roster: Roster, role: str, span: Span) -> list[Piece]:
    """Who holds `role` in `span`: sorted, disjoint; where nobody does, no piece or one without holders."""
    if roster.retired_at is not None:
        span = Span(span.start, min(span.end, roster.retired_at))
    if span.start >= span.end:
        return []
    base = [
        piece
        for version, reign in _reigns(roster, span)
        for piece in _version_pieces(version, role, reign, roster.deactivated)
    ]
    changes = changes_of(role, roster.overrides, roster.temporaries, span)
    return laid_over(base, still_valid(roster.deactivated, changes))


def _version_pieces(version: Version, role: str, span: Span, left: Mapping[int, datetime]) -> list[Piece]:
    how = version.definition.roles.get(role)
    zone, holidays = version.zone, version.holidays
    if how is None:
        return []
    if isinstance(how, Role):
        layers = (
            lambda within, layer=layer: without(left, on_duty(layer, zone, holidays, within))
            for layer in reversed(how.layers)
        )
        return topped(layers, span)
    layer = version.definition.followed(how)
    return without(left, following(layer, zone, holidays, [span], offset=how.offset)) if layer else []


def _read_out(role: str, pieces: Sequence[Piece], span: Span, *, split: bool) -> Iterator[Shift]:
    """Pieces as shifts: what goes on from piece to piece is one; where there is no piece there is a gap."""
    running: dict[tuple[Any, ...], datetime] = {}
    for piece in filled(pieces, span):
        keys = [holder if split else holder[:2] for holder in piece.holders] or [NOBODY]
        going_on = dict.fromkeys(keys, piece.start)
        for key, start in running.items():
            if key in going_on:
                going_on[key] = start
            else:
                yield Shift(role, key[0], start, piece.start, key[1])
        running = going_on
    for key, start in running.items():
        yield Shift(role, key[0], start, span.end, key[1])
