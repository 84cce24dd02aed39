"""The resolver against a dumb one that looks at clocks every five minutes and walks handoff by handoff."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.core.definition import Definition, Role
from oncall.core.final import Roster, Version, on_call, shifts
from oncall.core.layer import Layer
from oncall.core.length import Length
from oncall.core.override import Override, Temporary, TemporaryShift
from oncall.core.restriction import Restriction
from tests.oncall.core.test_walltime import ZONES
from tests.oncall.core.told import SINCE_EVER, utc

STEP = timedelta(minutes=5)
DAYS = 9
CLOCK_CHANGES = (
    *("2011-12-28", "2025-02-21", "2025-03-07", "2025-03-28", "2025-04-04"),
    *("2025-10-03", "2025-10-24", "2025-10-31", "2025-07-01"),
)


@cache
def clocks(zone: str, day: str) -> tuple[list[datetime], list[datetime]]:
    """Every five minutes of some days, and what the clocks of the zone showed."""
    first = utc(day) - timedelta(days=2)
    instants = [first + n * STEP for n in range((DAYS + 6) * 24 * 12)]
    return instants, [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for at in instants]


@dataclass
class Oracle:
    roster: Roster
    zone: str
    day: str

    def first(self, wall: datetime) -> datetime:
        instants, shown = clocks(self.zone, self.day)
        return next((at for at, one in zip(instants, shown, strict=True) if one >= wall), instants[-1])

    def last(self, wall: datetime) -> datetime:
        instants, shown = clocks(self.zone, self.day)
        passes = [at for at, one in zip(instants, shown, strict=True) if one == wall]
        return passes[-1] if passes else self.first(wall)

    def turn(self, layer: Layer, at: datetime) -> int:
        number = -1
        while self.first(layer.shift_length.after(layer.start, number + 1)) <= at:
            number += 1
        return number

    def open(self, restriction: Restriction, at: datetime) -> bool:
        today = at.astimezone(ZoneInfo(self.zone)).replace(hour=0, minute=0, tzinfo=None, fold=0)
        for back in range(-1, 3):
            day = today - timedelta(days=back)
            if day.weekday() not in restriction.days:
                continue
            later = day + timedelta(days=1 if restriction.end <= restriction.start else 0)
            start = self.first(datetime.combine(day, restriction.start))
            if start <= at < self.last(datetime.combine(later, restriction.end)):
                return True
        return False

    def by_layer(self, layer: Layer, at: datetime) -> list[int]:
        number = self.turn(layer, at)
        if number < 0 or (layer.restrictions and not any(self.open(one, at) for one in layer.restrictions)):
            return []
        slot = layer.participants[number % len(layer.participants)]
        return [user for user in slot if self.roster.deactivated.get(user, at + STEP) > at]

    def base(self, at: datetime) -> list[int]:
        role = self.roster.versions[0].definition.roles["primary"]
        assert isinstance(role, Role)
        found = [self.by_layer(layer, at) for layer in role.layers]
        return next((users for users in reversed(found) if users), [])

    def on_call(self, at: datetime) -> set[int]:
        for temporary in self.roster.temporaries:
            if temporary.start <= at < temporary.end:
                return {
                    one.user for one in temporary.shifts if one.start <= at < one.end and self.here(one, at)
                }
        now = [
            o
            for o in self.roster.overrides
            if o.start <= at < o.end and (o.kind == "remove" or self.here(o, at))
        ]
        covers = [one.user for one in now if one.kind == "cover"]
        if covers:
            return {covers[-1]}
        users = set(self.base(at)) - {one.user for one in now if one.kind == "remove"}
        for one in now:
            if one.kind == "replace" and one.instead_of in users:
                users = users - {one.instead_of} | {one.user}
        return users | {one.user for one in now if one.kind == "add"}

    def here(self, change: Override | TemporaryShift, at: datetime) -> bool:
        return self.roster.deactivated.get(change.user, at + STEP) > at


users = st.integers(1, 5)
minutes = st.integers(0, 24 * 12 - 1).map(lambda n: n * STEP)
within = st.integers(0, DAYS * 24 * 12 - 1).map(lambda n: n * STEP)
clock_times = minutes.map(lambda n: (utc("2025-01-01") + n).time())
lengths = st.one_of(
    st.builds(Length, st.sampled_from([1, 3, 8, 12, 24, 36]), st.just("hours")),
    st.builds(Length, st.integers(1, 3), st.just("days")),
    st.just(Length(1, "weeks")),
)
weekdays = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
restrictions = st.lists(st.builds(Restriction, weekdays, clock_times, clock_times), max_size=2).map(tuple)
slots = st.lists(st.lists(users, max_size=2, unique=True).map(tuple), min_size=1, max_size=4).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Oracle, datetime]:
    zone, day = draw(st.sampled_from(ZONES)), draw(st.sampled_from(CLOCK_CHANGES))
    first = utc(day)
    layers = [
        Layer(
            name=f"L{n}",
            participants=draw(slots),
            start=first.replace(tzinfo=None) + draw(minutes),
            shift_length=draw(lengths),
            restrictions=draw(restrictions),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    overrides = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["cover", "replace", "add", "remove"]))
        start = first + draw(within)
        user, other = draw(users), draw(users)
        instead = other if kind == "replace" else None
        overrides.append(Override("primary", kind, start, start + STEP + draw(within), user, instead, number))
    temporaries = [_temporary(draw, first)] if draw(st.integers(0, 4)) == 0 else []
    left = {draw(users): first + draw(within)} if draw(st.booleans()) else {}
    version = Version(SINCE_EVER, ZoneInfo(zone), Definition({"primary": Role(tuple(layers))}))
    roster = Roster((version,), tuple(overrides), tuple(temporaries), left)
    return Oracle(roster, zone, day), first


def _temporary(draw: st.DrawFn, first: datetime) -> Temporary:
    start = first + draw(within)
    end = start + STEP + draw(within)
    shift = TemporaryShift("primary", start, start + (end - start) / 2, draw(users))
    return Temporary(start, end, (shift,))


@settings(max_examples=60, deadline=None)
@given(cases(), st.lists(within, min_size=4, max_size=4))
def test_the_resolver_agrees_with_walking(case, moments):
    oracle, first = case
    for at in (first + moment for moment in moments):
        assert set(on_call(oracle.roster, at)["primary"]) == oracle.on_call(at), at


@settings(max_examples=60, deadline=None)
@given(cases(), st.booleans(), st.lists(within, min_size=8, max_size=8))
def test_an_instant_and_a_range_give_the_same_answer(case, split, moments):
    oracle, first = case
    until = first + timedelta(days=DAYS)
    found = shifts(oracle.roster, first, until, split_at_handoffs=split)
    edges = [one.start for one in found]
    near = edges[bisect_left(edges, first + moments[0]) % len(edges)]
    for at in (near, near - STEP / 300, *(first + moment for moment in moments)):
        shown = {one.user for one in found if one.start <= at < one.end}
        assert at < first or shown == (set(on_call(oracle.roster, at)["primary"]) or {None})


@settings(max_examples=60, deadline=None)
@given(cases(), within)
def test_two_halves_of_a_range_make_the_whole(case, cut):
    """Nothing depends on where a question begins: on this rest the calendar and the pay statement."""
    oracle, first = case
    until, middle = first + timedelta(days=DAYS), first + cut
    whole, halves = _minutes(oracle.roster, first, until), {}
    for since, to in ((first, middle), (middle, until)):
        halves |= {
            key: halves.get(key, timedelta()) + time
            for key, time in _minutes(oracle.roster, since, to).items()
        }
    assert whole == halves


def _minutes(roster: Roster, since: datetime, until: datetime) -> dict[tuple[int | None, str], timedelta]:
    carried: dict[tuple[int | None, str], timedelta] = {}
    for one in shifts(roster, since, until):
        key = (one.user, one.override)
        carried[key] = carried.get(key, timedelta()) + (one.end - one.start)
    return carried
