"""What became of one person's shifts: hours gained, hours lost, shifts that end at another time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from oncall.core.span import Span, subtraction, union

MOST_LINES = 20


class Held(NamedTuple):
    """Who held a slot (None: nobody), until when."""

    user: int | None
    end: datetime


@dataclass(frozen=True, slots=True)
class SlotChanged:
    """One change of the slot `slot`; None: it was not there, or is gone."""

    slot: int
    role: str
    start: datetime
    before: Held | None
    after: Held | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A shift of one person that ends at another time."""

    start: datetime
    was: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What one person hears of one role; everything in UTC and still to come."""

    role: str
    gained: tuple[Span, ...] = ()
    lost: tuple[Span, ...] = ()
    moved: tuple[Moved, ...] = ()


def netted(changes: Iterable[SlotChanged]) -> list[SlotChanged]:
    """Of each slot what it was before the first change and after the last; in order of time."""
    found: dict[int, SlotChanged] = {}
    for change in changes:
        first = found.get(change.slot, change)
        found[change.slot] = SlotChanged(change.slot, change.role, change.start, first.before, change.after)
    return sorted(
        (change for change in found.values() if change.before != change.after),
        key=lambda change: (change.start, change.role, change.slot),
    )


def told(changes: Sequence[SlotChanged], *, now: datetime) -> dict[int, list[Told]]:
    """What each person has to hear, by user id. `changes` are netted; what lies before `now` is left out.

    Hours count, not slots: who keeps the hours around a cover that somebody else takes lost that cover alone.
    """
    found: defaultdict[int, list[Told]] = defaultdict(list)
    by_role: defaultdict[tuple[int, str], list[SlotChanged]] = defaultdict(list)
    for change in changes:
        for user in {held.user for held in (change.before, change.after) if held}:
            if user is not None:
                by_role[user, change.role].append(change)
    for (user, role), theirs in by_role.items():
        one = _told(user, role, theirs, now)
        if one.gained or one.lost or one.moved:
            found[user].append(one)
    return dict(found)


def lines(heard: Iterable[Told], zone: tzinfo) -> list[str]:
    """Sentences, with wall-clock times of `zone`, the earliest first."""
    found: list[tuple[datetime, str]] = []
    for one in heard:
        found += [(span.start, f"Gained: {one.role}, {_span(span, zone)}.") for span in one.gained]
        found += [(span.start, f"Lost: {one.role}, {_span(span, zone)}.") for span in one.lost]
        found += [(move.start, _moved(one.role, move, zone)) for move in one.moved]
    said = [text for _, text in sorted(found)]
    if len(said) > MOST_LINES:
        said[MOST_LINES:] = [f"And {len(said) - MOST_LINES} more; your calendar shows them all."]
    return said


def _told(user: int, role: str, changes: Sequence[SlotChanged], now: datetime) -> Told:
    before = union(_hours(user, change.start, change.before, now) for change in changes)
    after = union(_hours(user, change.start, change.after, now) for change in changes)
    gained, lost = subtraction(after, before), subtraction(before, after)
    moved: list[Moved] = []
    for change in changes:
        was, is_ = (
            held.end if held and held.user == user else None for held in (change.before, change.after)
        )
        if was is None or is_ is None:
            continue
        span = Span(max(min(was, is_), now), max(was, is_))
        if span in gained or span in lost:
            moved.append(Moved(change.start, was, is_))
            gained, lost = ([one for one in spans if one != span] for spans in (gained, lost))
    return Told(role, tuple(gained), tuple(lost), tuple(moved))


def _hours(user: int, start: datetime, held: Held | None, now: datetime) -> Span:
    if held is None or held.user != user or held.end <= now:
        return Span(now, now)
    return Span(max(start, now), held.end)


def _moved(role: str, move: Moved, zone: tzinfo) -> str:
    how = "Longer" if move.now > move.was else "Shorter"
    start, was, now = (_at(instant, zone) for instant in (move.start, move.was, move.now))
    return f"{how}: {role} from {start}, now until {now} (was {was})."


def _span(span: Span, zone: tzinfo) -> str:
    return f"{_at(span.start, zone)} to {_at(span.end, zone)}"


def _at(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%a %-d %b %Y %H:%M}"
