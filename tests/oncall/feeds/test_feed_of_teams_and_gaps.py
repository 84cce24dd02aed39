"""The calendars of a team, and of what nobody carries: of a schedule, of a team, of everything."""

import pytest
import time_machine

from oncall import actions
from people import actions as people
from tests.oncall.feeds.office import DAY, HOUR, NEXT_WEEK, NOW, TESTS, WEEK, spans

MONDAY = NEXT_WEEK - WEEK
A_GAP = ("GAP - nobody on call: Desk primary", MONDAY, NEXT_WEEK)
GAPS_OF = {
    "its schedule": ("--schedule", "Desk", "--gaps"),
    "its team": ("--team", "Checkout", "--gaps"),
    "all": ("--gaps",),
}


@pytest.fixture(autouse=True)
def desk(office):
    """Beside Checkout, of the same team: nobody in the week of 2 March, then Ana, then Bo, and so on."""
    return office.rotation("Desk", [office.ana.pk, office.bo.pk, []], start="2026-02-16T09:00")


@pytest.fixture
def search(office):
    """Another team's: Zed in the week of 2 March, then nobody, and so on."""
    team = people.create_team(name="Search", by=TESTS, now=NOW)
    people.set_members(team=team, members={office.zed: "responder"}, by=TESTS, now=NOW)
    return office.rotation("Search", [office.zed.pk, []], start="2026-03-02T09:00", team=team)


def of_two_weeks(office, path, *, at=NOW):
    """What the calendar shows of 2 to 16 March: what stands, and what was taken back."""
    events = [one for one in office.events(path, at=at) if MONDAY <= one.start < NEXT_WEEK + WEEK]
    gone = [one for one in events if one.get("status") == "CANCELLED"]
    return spans([one for one in events if one not in gone]), spans(gone)


def test_a_teams_calendar_has_the_shifts_and_the_gaps_of_all_its_schedules_and_no_others(office, search):
    stands, gone = of_two_weeks(office, office.address("--team", "Checkout"))
    assert sorted(stands) == [
        ("Ana Ruiz - Checkout primary", MONDAY, NEXT_WEEK),
        ("Ana Ruiz - Desk primary", NEXT_WEEK, NEXT_WEEK + WEEK),
        ("Bo Lind - Checkout primary", NEXT_WEEK, NEXT_WEEK + WEEK),
        A_GAP,
    ]
    assert gone == []


@pytest.mark.parametrize("words", GAPS_OF.values(), ids=GAPS_OF)
def test_a_calendar_of_gaps_has_what_nobody_carries_alone(office, words):
    assert of_two_weeks(office, office.address(*words)) == ([A_GAP], [])


def test_only_the_gaps_of_everything_reach_past_the_team(office, search):
    other = ("GAP - nobody on call: Search primary", NEXT_WEEK, NEXT_WEEK + WEEK)
    assert of_two_weeks(office, office.address("--team", "Checkout", "--gaps"))[0] == [A_GAP]
    assert of_two_weeks(office, office.address("--team", "Search", "--gaps"))[0] == [other]
    assert of_two_weeks(office, office.address("--gaps"))[0] == [A_GAP, other]


@pytest.mark.parametrize("words", GAPS_OF.values(), ids=GAPS_OF)
def test_a_gap_that_somebody_takes_is_taken_back_and_what_is_left_of_one_stands(office, desk, words):
    path = office.address(*words)
    assert of_two_weeks(office, path)[0] == [A_GAP]
    office.override(office.mia, NOW + HOUR, NEXT_WEEK, schedule=desk, kind="add")
    stands, _ = of_two_weeks(office, path, at=NOW + HOUR / 2)
    assert stands == [(A_GAP[0], MONDAY, NOW + HOUR)]


def test_a_gap_that_is_taken_whole_is_cancelled_under_its_own_name(office, desk):
    path = office.address("--gaps")
    later = NEXT_WEEK + 2 * WEEK
    (before,) = [one for one in office.events(path) if one.start == later]
    office.override(office.mia, later, later + WEEK, schedule=desk, kind="add")
    (after,) = [one for one in office.events(path, at=NOW + HOUR) if one.start == later]
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (("--team", "Checkout"), "On call: Checkout"),
        (("--team", "Checkout", "--gaps"), "On call: gaps of Checkout"),
        (("--schedule", "Desk", "--gaps"), "On call: gaps of Desk"),
        (("--gaps",), "On call: all gaps"),
    ],
)
def test_each_calls_itself_by_what_it_is_of(office, words, title):
    assert f"X-WR-CALNAME:{title}\r\n".encode() in office.document(office.address(*words))


def test_a_schedule_that_changes_teams_goes_from_one_calendar_to_the_other(office, search):
    mine, theirs = office.address("--team", "Checkout"), office.address("--team", "Search")
    names = {one[0] for one in of_two_weeks(office, mine)[0]}
    assert not [name for name in names if "Search" in name]
    actions.set_team(schedule=search, team=office.team, by=TESTS, now=NOW)
    assert ("Zed Orr - Search primary", MONDAY, NEXT_WEEK) in of_two_weeks(office, mine, at=NOW + DAY)[0]
    assert of_two_weeks(office, theirs, at=NOW + DAY) == ([], [])


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("words", [("--team", "Checkout"), ("--gaps",)])
def test_it_answers_304_until_something_of_it_changes(office, desk, words):
    path = office.address(*words)
    with_tag = {"If-None-Match": office.get(path)["ETag"]}
    assert office.get(path, **with_tag).status_code == 304
    office.override(office.mia, NEXT_WEEK + 2 * WEEK, NEXT_WEEK + 3 * WEEK, schedule=desk, kind="add")
    assert office.get(path, **with_tag).status_code == 200
