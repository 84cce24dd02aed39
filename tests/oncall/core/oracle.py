"""A dumb oracle: who is on call at one instant, by the written rules, walking turn by turn from the anchor.

It looks at clocks every quarter of an hour (so nothing in a case may lie between two quarters, but for the
clocks' own changes), and shares nothing with `oncall.core` but its values.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from oncall.core.definition import Follows, Role
from oncall.core.final import Roster, Version
from oncall.core.layer import Layer
from oncall.core.length import Length
from oncall.core.override import Override, Temporary, TemporaryShift
from oncall.core.restriction import Restriction

STEP = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@cache
def passes(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last instant at which clocks show `wall`; in a gap both are the gap's end."""
    as_utc = wall.replace(tzinfo=UTC)
    offsets = [(as_utc + n * DAY).astimezone(zone).utcoffset() or timedelta() for n in range(-2, 3)]
    at, showing = as_utc - max(offsets), []
    first = None
    while first is None or at <= as_utc - min(offsets):
        shown = _shown(at, zone)
        if first is None and shown >= wall:
            first = at
        if shown == wall:
            showing.append(at)
        at += STEP
    while _shown(first - MINUTE, zone) >= wall:  # clocks may change between two quarters
        first -= MINUTE
    return first, showing[-1] if showing else first


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def first(wall: datetime, zone: ZoneInfo) -> datetime:
    return passes(wall, zone)[0]


def last(wall: datetime, zone: ZoneInfo) -> datetime:
    return passes(wall, zone)[1]


def step(anchor: datetime, length: Length, turns: int) -> datetime:
    """The wall time some turns after the anchor."""
    if length.unit != "months":
        return anchor + turns * timedelta(**{length.unit: length.count})
    year, month = anchor.year, anchor.month
    for _ in range(turns * length.count):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return anchor.replace(year=year, month=month, day=min(anchor.day, monthrange(year, month)[1]))


def turn(layer: Layer, version: Version, at: datetime) -> int | None:
    """Whose turn: by every handoff since the anchor, or by every day worked since."""
    if at < first(layer.start, version.zone):
        return None
    if layer.end is not None and at >= last(layer.end, version.zone):
        return None
    number = 0
    if layer.turns == "all":
        while first(step(layer.start, layer.shift_length, number + 1), version.zone) <= at:
            number += 1
        return number
    worked = 0
    while first(layer.start + number * DAY, version.zone) <= at:
        worked += takes_a_turn((layer.start + number * DAY).date(), layer, version)
        number += 1
    return max(worked - 1, 0) // layer.shift_length.count


def takes_a_turn(day: date, layer: Layer, version: Version) -> bool:
    weekdays = {0, 1, 2, 3, 4}
    if layer.restrictions:
        weekdays = {n % 7 for one in layer.restrictions for n in days_worked(one)}
    holidays = {ordinal for ordinals in version.holidays.by_weekday for ordinal in ordinals}
    return day.weekday() in weekdays and day.toordinal() not in holidays


def days_worked(one: Restriction) -> Iterator[int]:
    """The days a window starts on, and those a longer one passes before its last."""
    for day in one.days:
        yield from range(day, day + max(lasts(one), 1))


def lasts(one: Restriction) -> int:
    """On how many days after the first a window ends."""
    over_midnight = one.end <= one.start
    if one.until is None:
        return 1 if over_midnight else 0
    if one.until == one.days[0]:
        return 7 if over_midnight else 0
    return next(n for n in range(1, 7) if (one.days[0] + n) % 7 == one.until)


def is_open(one: Restriction, zone: ZoneInfo, at: datetime) -> bool:
    today = at.astimezone(zone).date()
    for back in range(-2, 10):
        day = today - back * DAY
        if day.weekday() in one.days:
            start = first(datetime.combine(day, one.start), zone)
            if start <= at < last(datetime.combine(day + lasts(one) * DAY, one.end), zone):
                return True
    return False


def by_turn(roster: Roster, version: Version, layer: Layer, at: datetime, offset: int = 0) -> set[int]:
    number = turn(layer, version, at)
    if number is None:
        return set()
    slot = layer.participants[(number + offset) % len(layer.participants)]
    return {user for user in slot if here(roster, user, at)}


def base(roster: Roster, role: str, at: datetime) -> set[int]:
    begun = [version for version in roster.versions if version.effective_from <= at]
    how = begun[-1].definition.roles.get(role) if begun else None
    if isinstance(how, Follows):
        followed = begun[-1].definition.roles[how.role]
        assert isinstance(followed, Role)
        layer = next(layer for layer in followed.layers if layer.name == how.layer)
        return by_turn(roster, begun[-1], layer, at, how.offset)
    for layer in reversed(how.layers if how else ()):
        if not layer.restrictions or any(is_open(one, begun[-1].zone, at) for one in layer.restrictions):
            users = by_turn(roster, begun[-1], layer, at)
            if users:
                return users
    return set()


def who(roster: Roster, role: str, at: datetime) -> set[int]:
    if roster.retired_at is not None and at >= roster.retired_at:
        return set()
    users = base(roster, role, at)
    overrides = [o for o in roster.overrides if o.role == role and counts(roster, o, at)]
    for temporary in roster.temporaries:
        if during(temporary, at):
            users = {s.user for s in temporary.shifts if s.role == role and counts(roster, s, at)}
            overrides = [o for o in overrides if o.over_temporary]
    return overridden(users, sorted(overrides, key=lambda o: o.number))


def overridden(users: set[int], overrides: list[Override]) -> set[int]:
    covers = [one.user for one in overrides if one.kind == "cover"]
    if covers:
        return {covers[-1]}
    users = users - {one.user for one in overrides if one.kind == "remove"}
    for one in overrides:
        if one.kind == "replace" and one.instead_of in users:
            users = users - {one.instead_of} | {one.user}
    return users | {one.user for one in overrides if one.kind == "add"}


def during(one: Override | Temporary | TemporaryShift, at: datetime) -> bool:
    return one.start <= at < one.end


def counts(roster: Roster, one: Override | TemporaryShift, at: datetime) -> bool:
    takes_off = isinstance(one, Override) and one.kind == "remove"
    return during(one, at) and (takes_off or here(roster, one.user, at))


def here(roster: Roster, user: int, at: datetime) -> bool:
    return user not in roster.deactivated or at < roster.deactivated[user]
