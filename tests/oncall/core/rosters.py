"""Random rosters near clock changes, with all a schedule can say; every edge on a quarter of an hour."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from oncall.core.definition import Definition, Follows, Role
from oncall.core.final import Roster, Version
from oncall.core.layer import Layer
from oncall.core.length import Length
from oncall.core.override import Override, Temporary, TemporaryShift
from oncall.core.restriction import Restriction
from oncall.core.rotation import Holidays
from tests.oncall.core.oracle import STEP, step
from tests.oncall.core.told import SINCE_EVER, utc

DAYS = 9
SPAN = timedelta(days=DAYS)
ROLES = ("primary", "secondary", "shadow")
NEAR_CHANGES = {  # some days before the clocks of a zone change
    "Australia/Lord_Howe": ("2025-04-02", "2025-10-01"),
    "Pacific/Apia": ("2011-12-24", "2011-12-28", "2010-09-22"),
    "Africa/Casablanca": ("2025-02-19", "2025-04-02"),
    "Asia/Kathmandu": ("2025-01-01",),
    "America/St_Johns": ("2025-03-05", "2025-10-29", "2011-03-09"),
    "Antarctica/Troll": ("2025-03-26", "2025-10-22"),
    "Europe/Dublin": ("2025-03-26", "2025-10-22"),
    "America/New_York": ("2025-03-05", "2025-10-29"),
    "Asia/Gaza": ("2025-04-09", "2025-10-22"),
    "UTC": ("2024-02-25",),
}
MOST_TURNS = {"hours": 40, "days": 60, "weeks": 30, "months": 14}

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
daily = st.builds(
    Restriction,
    st.sets(weekdays, min_size=1).map(lambda days: tuple(sorted(days))),
    clock_times,
    clock_times,
)
weekly = st.builds(Restriction, st.tuples(weekdays), clock_times, clock_times, weekdays)
restrictions = st.lists(st.one_of(daily, weekly), max_size=2).map(tuple)


@st.composite
def layers(draw: st.DrawFn, name: str, day: datetime) -> Layer:
    """Anchored in the span or many turns before it, so that a month's last day and years of turns come up."""
    turns = draw(st.sampled_from(["all", "all", "worked_days"]))
    length = draw(lengths) if turns == "all" else Length(draw(st.integers(1, 3)), "days")
    back = draw(st.one_of(st.integers(0, 3), st.integers(0, MOST_TURNS[length.unit])))
    early = timedelta(0) if length.unit == "months" else day - step(day, length, 1)
    anchor = (
        day.replace(year=day.year - 1, day=31, month=1) if length.unit == "months" else day + back * early
    )
    end = day + draw(within) if draw(st.integers(0, 4)) == 0 else None
    return Layer(name, draw(slots), anchor + draw(within), length, turns, draw(restrictions), end)


@st.composite
def versions(draw: st.DrawFn, since: datetime, zone: str, day: datetime) -> Version:
    of_primary = tuple(draw(layers(f"L{n}", day)) for n in range(draw(st.integers(1, 3))))
    roles: dict[str, Role | Follows] = {"primary": Role(of_primary)}
    kind = draw(st.sampled_from(["follows", "own", "none"]))
    if kind == "follows":
        roles["secondary"] = Follows(
            "primary", draw(st.sampled_from(of_primary)).name, draw(st.integers(-9, 9))
        )
    if kind == "own":
        roles["secondary"] = Role((draw(layers("S", day)),))
    away = st.integers(-20, DAYS).map(lambda n: (day + timedelta(days=n)).date())
    holidays: set[date] = draw(st.sets(away, max_size=5))
    return Version(since, ZoneInfo(zone), Definition(roles), Holidays.of(holidays))


@st.composite
def overrides(draw: st.DrawFn, start_of_all: datetime, number: int) -> Override:
    kind = draw(st.sampled_from(["cover", "replace", "replace", "add", "remove"]))
    start = start_of_all + draw(within)
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


@st.composite
def rosters(draw: st.DrawFn) -> tuple[Roster, datetime]:
    """A roster, and the instant from which on SPAN is worth asking about."""
    zone = draw(st.sampled_from(sorted(NEAR_CHANGES)))
    start = utc(draw(st.sampled_from(NEAR_CHANGES[zone])))
    begins = sorted(draw(st.lists(within, max_size=2)))
    since = [draw(st.sampled_from([SINCE_EVER, start + STEP])), *(start + STEP + begin for begin in begins)]
    zones = [zone, *(draw(st.sampled_from([zone, "Europe/Dublin", "Asia/Kathmandu"])) for _ in begins)]
    said = tuple(
        draw(versions(at, there, start.replace(tzinfo=None))) for at, there in zip(since, zones, strict=True)
    )
    numbers = draw(st.permutations(range(draw(st.integers(0, 5)))))
    left = draw(st.dictionaries(users, within.map(lambda after: start + after), max_size=2))
    retired = start + draw(within) if draw(st.integers(0, 5)) == 0 else None
    laid = tuple(draw(overrides(start, number)) for number in numbers)
    return Roster(said, laid, draw(temporaries(start)), left, retired), start
