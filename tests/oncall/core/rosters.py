"""Random rosters near clock changes, with all a schedule can say; every edge on a quarter of an hour, and
many of them in an hour that clocks show twice, or skip.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from oncall.core.definition import Definition, Follows, Role
from oncall.core.final import Roster, Version
from oncall.core.layer import Layer
from oncall.core.length import Length
from oncall.core.override import Override, Temporary, TemporaryShift
from oncall.core.restriction import Restriction
from oncall.core.rotation import Holidays
from tests.oncall.core.oracle import MINUTE, STEP, step
from tests.oncall.core.told import SINCE_EVER, utc

DAYS = 9
SPAN = timedelta(days=DAYS)
ROLES = ("primary", "secondary", "shadow")
NEAR_CHANGES = {  # some days before the clocks of a zone change
    "Australia/Lord_Howe": ("2025-04-02", "2025-10-01"),
    "Pacific/Apia": ("2011-12-24", "2011-12-28", "2010-09-22", "2012-03-28"),
    "Africa/Casablanca": ("2025-02-19", "2025-04-02"),
    "Asia/Kathmandu": ("2025-01-01",),
    "America/St_Johns": ("2025-03-05", "2025-10-29", "2011-03-09", "2010-11-03"),
    "Antarctica/Troll": ("2025-03-26", "2025-10-22"),
    "Europe/Dublin": ("2025-03-26", "2025-10-22"),
    "America/New_York": ("2025-03-05", "2025-10-29"),
    "Asia/Gaza": ("2025-04-09", "2025-10-22"),
    "UTC": ("2024-02-25",),
}
MOST_TURNS = {"hours": 40, "days": 60, "weeks": 30, "months": 14}


class Change(NamedTuple):
    """Clocks that show `old` show `new` instead from the instant `at` on."""

    at: datetime
    old: datetime
    new: datetime

    def walls(self) -> Sequence[datetime]:
        """Every quarter of an hour that is shown twice or not at all, with both its ends."""
        first, last = sorted((self.old, self.new))
        first += -timedelta(minutes=first.minute) % STEP
        return [first + n * STEP for n in range((last - first) // STEP + 1)]

    def instants(self) -> Sequence[datetime]:
        """Every quarter of an hour in which they are shown, or would have been; two hours at most."""
        around = min(abs(self.new - self.old), timedelta(hours=2))
        middle = self.at - (self.at - SINCE_EVER) % STEP
        return [middle + n * STEP for n in range(-(around // STEP), around // STEP + 2)]


@cache
def changes(zone: str, start: datetime) -> Sequence[Change]:
    """What the clocks of `zone` do in the span from `start` on."""
    there = ZoneInfo(zone)
    shown = ((at, at.astimezone(there).replace(tzinfo=None)) for at in _minutes(start))
    return [
        Change(at, old + MINUTE, new.replace(fold=0))
        for (_, old), (at, new) in pairwise(shown)
        if new - old != MINUTE
    ]


def _minutes(start: datetime) -> Sequence[datetime]:
    return [start + n * MINUTE for n in range(SPAN // MINUTE)]


def often(usual: st.SearchStrategy[Any], special: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of `special` two times of three, if there are any."""
    return st.one_of(usual, st.sampled_from(special), st.sampled_from(special)) if special else usual


@cache
def moments(zone: str, start: datetime) -> st.SearchStrategy[datetime]:
    """Instants of the span, many of them around a change of the clocks."""
    special = [at for one in changes(zone, start) for at in one.instants()]
    return often(within.map(lambda after: start + after), special)


@cache
def walls(zone: str, day: datetime) -> st.SearchStrategy[datetime]:
    """Wall times of the span, many of them shown twice or not at all."""
    special = [wall for one in changes(zone, day.replace(tzinfo=UTC)) for wall in one.walls()]
    return often(within.map(lambda after: day + after), special)


@cache
def restrictions(zone: str, day: datetime) -> st.SearchStrategy[tuple[Restriction, ...]]:
    special = [wall.time() for one in changes(zone, day.replace(tzinfo=UTC)) for wall in one.walls()]
    clock = often(clock_times, special)
    daily = st.builds(
        Restriction, st.sets(weekdays, min_size=1).map(lambda days: tuple(sorted(days))), clock, clock
    )
    weekly = st.builds(Restriction, st.tuples(weekdays), clock, clock, weekdays)
    return st.lists(st.one_of(daily, weekly), max_size=2).map(tuple)


users = st.integers(1, 5)
within = st.integers(0, DAYS * 96 - 1).map(lambda n: n * STEP)
durations = st.one_of(st.integers(1, 40), st.integers(1, DAYS * 96)).map(lambda n: n * STEP)
quarters = st.integers(0, 95)
clock_times = st.one_of(quarters, st.integers(0, 16), st.just(0)).map(lambda n: time(n // 4, n % 4 * 15))
lengths = st.one_of(
    st.builds(Length, st.sampled_from([1, 2, 5, 8, 12, 24, 36]), st.just("hours")),
    st.builds(Length, st.integers(1, 4), st.just("days")),
    st.builds(Length, st.integers(1, 3), st.just("weeks")),
    st.builds(Length, st.integers(1, 2), st.just("months")),
)
slots = st.lists(st.lists(users, max_size=2, unique=True).map(tuple), min_size=1, max_size=5).map(tuple)
weekdays = st.integers(0, 6)


@st.composite
def layers(draw: st.DrawFn, name: str, day: datetime, zone: str) -> Layer:
    """Anchored in the span or many turns before it, so that a month's last day and years of turns come up."""
    turns = draw(st.sampled_from(["all", "all", "worked_days"]))
    length = draw(lengths) if turns == "all" else Length(draw(st.integers(1, 3)), "days")
    back = draw(st.one_of(st.integers(0, 3), st.integers(0, MOST_TURNS[length.unit])))
    early = timedelta(0) if length.unit == "months" else day - step(day, length, 1)
    anchor = (
        day.replace(year=day.year - 1, day=31, month=1) if length.unit == "months" else day + back * early
    )
    start = anchor + (draw(walls(zone, day)) - day)
    end = draw(walls(zone, day)) if draw(st.integers(0, 2)) == 0 else None
    return Layer(name, draw(slots), start, length, turns, draw(restrictions(zone, day)), end)


@st.composite
def versions(draw: st.DrawFn, since: datetime, zone: str, day: datetime) -> Version:
    of_primary = tuple(draw(layers(f"L{n}", day, zone)) for n in range(draw(st.integers(1, 3))))
    roles: dict[str, Role | Follows] = {"primary": Role(of_primary)}
    kind = draw(st.sampled_from(["follows", "own", "none"]))
    if kind == "follows":
        roles["secondary"] = Follows(
            "primary", draw(st.sampled_from(of_primary)).name, draw(st.integers(-9, 9))
        )
    if kind == "own":
        roles["secondary"] = Role((draw(layers("S", day, zone)),))
    away = st.integers(-20, DAYS).map(lambda n: (day + timedelta(days=n)).date())
    holidays: set[date] = draw(st.sets(away, max_size=5))
    return Version(since, ZoneInfo(zone), Definition(roles), Holidays.of(holidays))


@st.composite
def overrides(draw: st.DrawFn, begins: st.SearchStrategy[datetime], number: int) -> Override:
    kind = draw(st.sampled_from(["cover", "replace", "replace", "add", "remove"]))
    start = draw(begins)
    role = draw(st.sampled_from(("primary", *ROLES)))
    instead = draw(users) if kind == "replace" else None
    end = start + draw(durations)
    return Override(role, kind, start, end, draw(users), instead, number, over_temporary=draw(st.booleans()))


@st.composite
def temporaries(draw: st.DrawFn, start_of_all: datetime) -> tuple[Temporary, ...]:
    """None, one or two that do not overlap; their shifts may, and may reach over an end."""
    edges = sorted(draw(st.sets(within, min_size=4, max_size=4)))
    found = []
    for start, end in (edges[:2], edges[2:])[: draw(st.sampled_from([0, 1, 1, 2]))]:
        parts = draw(st.lists(st.tuples(st.sampled_from(ROLES), within, durations, users), max_size=4))
        shifts = tuple(
            TemporaryShift(role, start_of_all + at, start_of_all + at + lasts, user)
            for role, at, lasts, user in parts
        )
        found.append(Temporary(start_of_all + start, start_of_all + end, shifts))
    return tuple(found)


PLACES = [(zone, utc(day)) for zone, days in sorted(NEAR_CHANGES.items()) for day in days]
places = st.sampled_from(PLACES)


@st.composite
def plain_rosters(draw: st.DrawFn) -> tuple[Roster, datetime]:
    """One layer and nothing over it, where the clocks change: no edge hides behind another one."""
    zone, start = draw(st.sampled_from([place for place in PLACES if changes(*place)]))
    layer = draw(layers("L", start.replace(tzinfo=None), zone))
    version = Version(SINCE_EVER, ZoneInfo(zone), Definition({"primary": Role((layer,))}))
    return Roster((version,)), start


@st.composite
def rosters(draw: st.DrawFn) -> tuple[Roster, datetime]:
    """A roster, and the instant from which on SPAN is worth asking about."""
    zone, start = draw(places)
    near = moments(zone, start)
    begins = sorted(draw(st.lists(near, max_size=2)))
    since = [draw(st.sampled_from([SINCE_EVER, start + STEP])), *(begin + STEP for begin in begins)]
    zones = [zone, *(draw(st.sampled_from([zone, "Europe/Dublin", "Asia/Kathmandu"])) for _ in begins)]
    said = tuple(
        draw(versions(at, there, start.replace(tzinfo=None))) for at, there in zip(since, zones, strict=True)
    )
    numbers = draw(st.permutations(range(draw(st.integers(0, 5)))))
    left = draw(st.dictionaries(users, near, max_size=2))
    retired = draw(near) if draw(st.integers(0, 5)) == 0 else None
    laid = tuple(draw(overrides(near, number)) for number in numbers)
    return Roster(said, laid, draw(temporaries(start)), left, retired), start
