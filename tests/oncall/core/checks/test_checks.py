"""Each check speaks where it should, is silent just beside it, and says what to do."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.core.checks import Case, Duty, Person, findings_of, load_of, night_call_out
from oncall.core.checks.case import BEHIND, REACH
from oncall.core.conflicts import Away
from oncall.core.final import Roster, Version, shifts
from oncall.core.finding import Finding, Kind, Level, summed
from oncall.core.override import Override, Temporary, TemporaryShift
from oncall.core.span import Span
from tests.oncall.core.told import SINCE_EVER, A, B, C, D, definition, layer, roster, utc

NOW = utc("2026-03-02T10:00")  # a Monday
E, F = 5, 6
EVERYBODY = [A, B, C, D, E, F]
HOUR = timedelta(hours=1)


def person(user: int, **more) -> Person:
    zone = more.pop("zone", ZoneInfo("UTC"))
    return Person(username=f"u{user}", name=f"P{user}", zone=zone, **more)


def case(found: Roster, *, people: Mapping[int, Person] | None = None, zone="UTC", **more) -> Case:
    """As it is loaded, with nothing on any other schedule but what `elsewhere` says."""
    pages = more.pop("pages", {})
    elsewhere: list[tuple[int, Duty]] = more.pop("elsewhere", [])
    ones = shifts(found, NOW - BEHIND, NOW + REACH, split_at_handoffs=True)
    known = {user: person(user) for user in EVERYBODY} | dict(people or {})
    duties = [*elsewhere]
    duties += [(s.user, Duty("S", s.role, s.start, s.end, s.override)) for s in ones if s.user]
    loads = {
        user: load_of([duty for whose, duty in duties if whose == user], pages.get(user), now=NOW)
        for user in EVERYBODY
    }
    return Case(
        id=1, schedule="S", zone=ZoneInfo(zone), now=NOW, roster=found, shifts=ones, people=known,
        loads=loads, **more,
    )  # fmt: skip


def said(found: Case, *kinds: str) -> list[str]:
    return [one.what for one in findings_of(found) if one.kind in kinds]


def weekly(*people, **more):
    """From Monday 09:00; the one who is on at NOW is the first of them."""
    return layer([[one] if isinstance(one, int) else one for one in people], "2026-01-19T09:00", **more)


SIX = weekly(*[[user] for user in (E, F, A, B, C, D)])


def test_a_sound_schedule_of_six_has_nothing_to_say():
    assert findings_of(case(roster(SIX), members=frozenset(EVERYBODY), team="T")) == []


@pytest.mark.parametrize(
    ("hours", "role", "level"),
    [(23.9, "primary", "error"), (24, "primary", "warning"), (1, "secondary", "warning")],
)
def test_a_gap_of_the_primary_within_a_day_is_an_error(hours, role, level):
    start = NOW + hours * HOUR
    removing = [Override(role, "remove", start, start + HOUR, user, number=user) for user in EVERYBODY]
    found = roster(SIX, overrides=removing, secondary={"layers": [SIX]})
    [gap] = [one for one in findings_of(case(found)) if one.kind == Kind.GAP]
    assert (gap.level, gap.role, gap.start, gap.end) == (level, role, start, start + HOUR)


def test_the_first_gap_is_named_in_the_schedules_zone_and_the_others_are_counted():
    nightly = layer(
        EVERYBODY, "2026-01-05T08:00", restrictions=[{"days": ["mon"], "start": "08:00", "end": "20:00"}]
    )
    found = case(roster(nightly, zone="America/New_York"), zone="America/New_York")
    [gap] = [one for one in summed(findings_of(found), within=" within 28 days") if one.kind == Kind.GAP]
    assert gap.what == (
        "S primary: nobody is on call from Mon 2026-03-02 05:00 EST to Mon 2026-03-02 08:00 EST,"
        " and 4 more gaps within 28 days."
    )
    assert len(gap.parts) == 5


def test_a_shadow_leaves_no_gap_and_counts_for_nothing():
    found = roster(SIX, shadow={"layers": [weekly(A, end="2026-03-03T09:00")]})
    assert findings_of(case(found)) == []


def test_a_person_without_a_usable_contact_method():
    people = {B: person(B, reachable=False)}
    [found] = [one for one in findings_of(case(roster(SIX), people=people)) if one.kind == Kind.UNREACHABLE]
    assert found.what.startswith("P2 is on call for S from Mon 2026-03-23 09:00 UTC and has no usable")
    assert (found.level, found.users) == (Level.ERROR, ("u2",))


def test_where_several_are_on_call_nobody_of_them_can_be_reached():
    pairs = layer([[A, B], [C, D], [E, F], [E, F]], "2026-03-02T09:00")
    silent = {A: person(A, reachable=False), C: person(C, reachable=False), D: person(D, reachable=False)}
    [found] = said(case(roster(pairs), people=silent), Kind.NOBODY_REACHABLE)
    span = "from Mon 2026-03-09 09:00 UTC to Mon 2026-03-16 09:00 UTC"
    assert found == f"Nobody on call for S primary can be reached {span}."


def test_primary_and_secondary_at_once_from_when_to_when():
    follows = {"follows": "primary", "layer": "L1", "offset": 3}
    start, end = NOW + 2 * HOUR, NOW + 5 * HOUR
    other, same = (Override("secondary", "cover", start, end, user) for user in (C, E))
    assert said(case(roster(SIX, overrides=[other], secondary=follows)), Kind.DOUBLE) == []
    assert said(case(roster(SIX, overrides=[same], secondary=follows)), Kind.DOUBLE) == [
        "P5 is primary and secondary of S at once from Mon 2026-03-02 12:00 UTC to Mon 2026-03-02 15:00 UTC."
    ]


@pytest.mark.parametrize(("length", "long"), [("2w", False), ("15d", True)])
def test_longer_than_two_weeks_by_the_wall_clock(length, long):
    """Two weeks over the change to winter time are 337 h, and still two weeks."""
    found = roster(
        layer(
            [[A], [B], [C]],
            "2026-02-23T09:00",
            length,
        ),
        zone="Europe/Berlin",
    )
    assert bool(said(case(found, zone="Europe/Berlin"), Kind.LONG)) is long


def test_one_person_for_ever_is_long_and_not_called_back_to_back():
    found = case(roster(weekly(A)))
    assert said(found, Kind.LONG) == ["P1 carries S primary for more than two weeks at a stretch."]
    assert said(found, Kind.BACK_TO_BACK) == []


def test_two_weeks_in_a_row_over_a_handoff():
    swapped = Override("primary", "cover", utc("2026-03-09T09:00"), utc("2026-03-16T09:00"), B)
    order = layer([[E], [A], [B], [C], [D]], "2026-03-02T09:00")
    assert said(case(roster(order)), Kind.BACK_TO_BACK) == []
    assert said(case(roster(order, overrides=[swapped])), Kind.BACK_TO_BACK) == [
        (
            "P2 has S primary until Mon 2026-03-16 09:00 UTC and S primary from Mon 2026-03-16 09:00 UTC,"
            " without any rest."
        )
    ]


@pytest.mark.parametrize(("hours", "close"), [(10.9, True), (11, False)])
def test_less_than_eleven_hours_after_a_shift_on_another_schedule(hours, close):
    order = layer([[E], [A], [B], [C], [D]], "2026-03-02T09:00")
    end = utc("2026-03-09T09:00") - hours * HOUR
    other = Duty("Other", "primary", end - 5 * HOUR, end)
    found = said(case(roster(order), elsewhere=[(A, other)]), Kind.BACK_TO_BACK)
    assert bool(found) is close
    if close:
        assert "P1 has Other primary until" in found[0]
        assert "with only 10 h 54 min of rest" in found[0]


def test_a_secondary_week_after_a_primary_week_is_planned_so():
    follows = {"follows": "primary", "layer": "L1", "offset": -1}
    assert said(case(roster(SIX, secondary=follows)), Kind.BACK_TO_BACK) == []


@pytest.mark.parametrize(
    ("began", "zone", "tired"),
    [
        ("2026-03-02T02:00", "UTC", True),
        ("2026-03-02T07:59", "UTC", True),
        ("2026-03-02T08:00", "UTC", False),
        ("2026-03-01T21:59", "UTC", False),
        ("2026-03-01T22:00", "UTC", True),
        ("2026-03-02T08:00", "America/New_York", True),
    ],
)
def test_sleep_hours_are_the_persons_own(began, zone, tired):
    found = night_call_out([(utc(began), None)], ZoneInfo(zone), now=NOW)
    assert (found is not None) is tired


@pytest.mark.parametrize(("until", "tired"), [("2026-03-02T03:59", False), ("2026-03-02T04:01", True)])
def test_on_again_before_eleven_hours_of_rest(until, tired):
    daily = layer([[A], [B], [C], [D], [E]], "2026-03-02T15:00", "1d")
    found = said(case(roster(daily), pages={A: utc(until)}), Kind.REST)
    assert bool(found) is tired
    if tired:
        assert "P1 was called out until Mon 2026-03-02 04:01 UTC and is on call for S primary" in found[0]


@pytest.mark.parametrize(
    ("people", "level"), [([A], "error"), ([A, B], "warning"), ([A, B, C, D], "warning"), (EVERYBODY, None)]
)
def test_how_many_people_carry_it(people, level):
    found = [one for one in findings_of(case(roster(weekly(*people)))) if one.kind == Kind.FEW]
    assert [one.level for one in found] == ([level] if level else [])


def test_too_few_from_the_next_version_on():
    later = Version(NOW + 7 * 24 * HOUR, ZoneInfo("UTC"), definition(weekly(A)))
    found = Roster((Version(SINCE_EVER, ZoneInfo("UTC"), definition(SIX)), later))
    assert said(case(found), Kind.FEW) == [
        "From Mon 2026-03-09 10:00 UTC on S is carried by 1 person: nobody can ever be away."
    ]


@pytest.mark.parametrize(
    ("people", "grades"),
    [([A, B, C, D], []), ([A, B, C], [2]), ([A, B], [2, 2])],
)
def test_the_share_of_the_next_28_days(people, grades):
    found = roster(layer([[one] for one in people], "2026-03-02T10:00"))
    shares = [one for one in findings_of(case(found)) if one.kind == Kind.SHARE]
    assert [one.grade for one in shares] == grades
    assert all(one.level is Level.WARNING for one in shares)


def test_a_share_counts_every_schedule_once():
    """Two schedules at the same time are one time on call."""
    found = roster(layer([[A], [B], [C], [D]], "2026-03-02T10:00"))
    same = Duty("Other", "secondary", NOW, NOW + 7 * 24 * HOUR)
    more = Duty("Other", "primary", NOW + 14 * 24 * HOUR, NOW + 17 * 24 * HOUR)
    assert said(case(found, elsewhere=[(A, same)]), Kind.SHARE) == []
    assert said(case(found, elsewhere=[(A, same), (A, more)]), Kind.SHARE) == [
        "P1 is on call for 36% of the next 28 days (S), over a third: that wears people out."
    ]


def test_who_has_left_and_what_still_names_them():
    people = {B: person(B, active=False)}
    found = roster(
        SIX,
        overrides=[Override("primary", "cover", NOW + HOUR, NOW + 2 * HOUR, B)],
        temporaries=[
            Temporary(
                NOW + 5 * HOUR,
                NOW + 6 * HOUR,
                (TemporaryShift("primary", NOW + 5 * HOUR, NOW + 6 * HOUR, B),),
            )
        ],
        deactivated={B: NOW - HOUR},
    )
    looked_at = case(found, people=people)
    assert said(looked_at, Kind.LEFT) == ["P2 has left and still stands in S: those turns are nobody's."]
    override, temporary = said(looked_at, Kind.VOID)
    assert "an override (cover) of S primary puts nobody on call from Mon 2026-03-02 11:00 UTC" in override
    assert "a temporary shift of S primary" in temporary


def test_who_is_no_longer_in_the_team():
    found = case(roster(SIX), members=frozenset({A, B, C, D, E}), team="T")
    assert said(found, Kind.NOT_IN_TEAM) == ["P6 stands in S and is not in its team, T."]
    assert said(case(roster(SIX)), Kind.NOT_IN_TEAM) == []


@pytest.mark.parametrize(("minutes", "found"), [(0, False), (1, True)])
def test_a_shift_on_time_off(minutes, found):
    begins = utc("2026-03-23T09:00")  # B's turn
    absence = Away(B, Span(begins - 24 * HOUR, begins + timedelta(minutes=minutes)))
    assert bool(said(case(roster(SIX), away=[absence]), Kind.AWAY)) is found


def test_every_finding_says_what_to_do():
    people = {A: person(A, reachable=False), B: person(B, active=False)}
    found = findings_of(case(roster(weekly(A, B)), people=people, members=frozenset(), team="T"))
    assert found
    assert all(one.mend and one.kind and isinstance(one, Finding) for one in found)
    assert isinstance(found[0].to_json()["start"], str)
    assert datetime.fromisoformat(found[0].to_json()["start"])
