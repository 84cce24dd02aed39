"""What a proposal promises, counted hour by hour in the final schedule it would make; and figures by hand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oncall.core.final import Roster, shifts
from oncall.core.override import Override, Temporary, TemporaryShift
from oncall.core.plan.answer import figures, shifts_of, spread
from oncall.core.plan.framing import Frame, frame
from oncall.core.plan.load import Load, Person
from oncall.core.span import Span
from tests.oncall.core.told import layer, roster, utc
from tests.oncall.planning.puzzles import DAY, HOUR, MONDAY, WEEK, A, B, away, crew, solved

D = 4
ROLES = ("primary", "secondary")
LENGTHS = {"1w": WEEK, "1d": DAY, "12h": 12 * HOUR, "8h": 8 * HOUR}
TURNS = 4


@st.composite
def situations(draw: st.DrawFn) -> tuple[Roster, dict[str, Person], timedelta]:
    """Two roles whose people may stand in both, some away or on call elsewhere, and perhaps an override."""
    length = draw(st.sampled_from(sorted(LENGTHS)))
    span = TURNS * LENGTHS[length]
    hours = st.integers(0, span // HOUR - 1).map(lambda n: MONDAY + n * HOUR)
    taken = st.lists(
        st.tuples(hours, st.integers(1, span // HOUR)).map(lambda p: Span(p[0], p[0] + p[1] * HOUR)),
        max_size=2,
    ).map(tuple)
    people = st.lists(st.integers(A, D), min_size=1, max_size=4)
    overrides = []
    if draw(st.booleans()):
        start = draw(hours)
        kind = draw(st.sampled_from(["cover", "add"]))
        overrides = [
            Override("primary", kind, start, start + draw(st.integers(1, 30)) * HOUR, draw(people)[0])
        ]
    plan = roster(
        layer(draw(people), "2026-02-23T09:00", length),
        secondary={"layers": [layer(draw(people), "2026-02-23T09:00", length)]},
        overrides=overrides,
    )
    known = {
        f"p{n}": Person(n, ZoneInfo("UTC"), away=draw(taken), elsewhere=draw(taken)) for n in range(A, D + 1)
    }
    return plan, known, span


def accepted(plan: Roster, known: dict[str, Person], span: timedelta) -> tuple[Frame, Roster, list]:
    """The final schedule that accepting the solver's proposal makes, and the figures it was shown with."""
    framed = frame(plan, crew(plan, **known), MONDAY, MONDAY + span)
    proposed = shifts_of(framed, solved(framed.problem)[0])
    laid = tuple(TemporaryShift(one.role, one.start, one.end, one.user) for one in proposed if one.user)
    temporary = Temporary(MONDAY, MONDAY + span, laid)
    after = Roster(plan.versions, plan.overrides, (temporary,))
    return framed, after, figures(framed, proposed)


def by_the_hour(plan: Roster, since: datetime, until: datetime) -> dict[datetime, dict[str, set[int]]]:
    """Who is on in each role, for every hour."""
    found = {since + n * HOUR: {role: set() for role in ROLES} for n in range((until - since) // HOUR)}
    for one in shifts(plan, since, until):
        for at, on in found.items():
            if one.user is not None and one.start <= at < one.end:
                on[one.role].add(one.user)
    return found


def taken(person: Person, at: datetime) -> bool:
    return any(span.start <= at < span.end for span in (*person.away, *person.elsewhere))


def a_turn_with_a_cover_in_its_midst() -> tuple[Roster, dict[str, Person], timedelta]:
    """B cannot have its first hour, and has its second anyway; A has the other role."""
    both, alone = (layer(people, "2026-02-23T09:00", "12h") for people in ([A, B], [A]))
    cover = Override("primary", "cover", MONDAY + HOUR, MONDAY + 2 * HOUR, B)
    plan = roster(both, secondary={"layers": [alone]}, overrides=[cover])
    elsewhere = Person(B, ZoneInfo("UTC"), elsewhere=(Span(MONDAY, MONDAY + HOUR),))
    return plan, {"b": elsewhere}, TURNS * LENGTHS["12h"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@example(a_turn_with_a_cover_in_its_midst())
@given(situations())
def test_an_accepted_plan_keeps_what_it_promises_hour_by_hour(situation):
    plan, known, span = situation
    until = MONDAY + span
    framed, after, rows = accepted(plan, known, span)
    hours = by_the_hour(after, MONDAY, until)
    for at, on in hours.items():
        assert not on["primary"] & on["secondary"], at
        stays = any(override.start <= at < override.end for override in plan.overrides)
        chosen = on["secondary"] if stays else on["primary"] | on["secondary"]
        assert not {user for user in chosen if taken(framed.people[user], at)}, at
        assert not stays or on["primary"] == by_the_hour(plan, at, at + HOUR)[at]["primary"]
    _nobody_could(plan, framed, hours)
    around = by_the_hour(after, MONDAY - WEEK, until + WEEK)
    short = {(row.role, row.user): row.short_rests for row in rows if row.short_rests}
    assert short == _short_rests(after, around, MONDAY, until)


def _nobody_could(plan: Roster, framed: Frame, hours: dict[datetime, dict[str, set[int]]]) -> None:
    """Of each stretch that is nobody's: no one of its role is free for all of it. What stays as it is, is in
    no turn, and may stand in the midst of one.
    """
    for role in ROLES:
        people = {u for one in plan.versions[0].definition.roles[role].layers for (u,) in one.participants}
        could = None
        stay = [Span(one.start, one.end) for one in plan.overrides if one.role == role]
        for at, on in hours.items():
            if any(span.start <= at < span.end for span in stay):
                continue
            if on[role]:
                assert not could, (role, at)
                could = None
                continue
            free = {u for u in people if not taken(framed.people[u], at)} - set().union(*on.values())
            could = free if could is None else could & free
        assert not could, role


def _short_rests(
    plan: Roster, hours: dict[datetime, dict[str, set[int]]], since: datetime, until: datetime
) -> dict[tuple[str, int], int]:
    """By role and person, the shifts that begin after a break of one to ten hours."""
    on = {at: set().union(*roles.values()) for at, roles in hours.items()}
    found: dict[tuple[str, int], int] = {}
    for one in shifts(plan, since, until, split_at_handoffs=True):
        back = [n for n in range(1, 12) if one.user in on[one.start - n * HOUR]]
        if one.user is not None and back and back[0] > 1:
            found[one.role, one.user] = found.get((one.role, one.user), 0) + 1
    return found


def test_figures_by_hand_nights_and_weekends_are_of_each_ones_own_zone():
    """Ana's days and Bo's nights of Friday and Saturday; in New York the clocks go forward on that Sunday.

    Bo's shifts are 16:00 to 04:00 and 16:00 to 05:00 there: both hold 03:00, neither holds noon. Ana's hold
    the noons of Friday, a holiday, and of Saturday.
    """
    friday = utc("2026-03-06T09:00")
    plan = roster(layer([A, B], "2026-03-06T09:00", "12h"))
    people = {
        A: Person(A, ZoneInfo("UTC"), holidays=frozenset({date(2026, 3, 6)})),
        B: Person(
            B, ZoneInfo("America/New_York"), away=away(B, (friday + 37 * HOUR, friday + 38 * HOUR)).away
        ),
    }
    framed = frame(plan, people, friday, friday + 2 * DAY)
    rows = figures(framed, shifts_of(framed, [slot.usual for slot in framed.problem.slots]))
    assert [(one.user, one.turns, one.load, one.time_off, one.short_rests) for one in rows] == [
        (A, 2, Load(minutes=1440, nights=0, weekend_days=1, holidays=1), 0, 0),
        (B, 2, Load(minutes=1440, nights=2, weekend_days=0, holidays=0), 1, 0),
    ]
    assert spread(rows, with_before=False) == {
        "primary": Load(minutes=0, nights=2, weekend_days=1, holidays=1)
    }
