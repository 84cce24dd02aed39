"""A shift that falls on time off is told early and once, also after a crash and after a long outage."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from oncall import actions
from oncall.actions import time_off_conflicts
from oncall.core.definition import Definition
from oncall.models import ConflictTold, TimeOff
from paging.models import Page
from people.models import Membership
from tests.oncall.noon import DAY, HOUR, TODAY, Noon
from tests.racing import at_once
from tests.world import TESTS
from watchbill.ticking import keeper

MINUTE = timedelta(minutes=1)
BOTH = ["ana", "mia"]


@pytest.fixture
def noon(db):
    """Ana is primary of Noon from 12 to 15 each day, and Mia manages it."""
    return Noon()


def away(noon, first, days=1, *, user=None):
    start = (TODAY + first * DAY).date()
    return actions.add_time_off(
        user=user or noon.ana, start=start, end=start + timedelta(days=days), by=TESTS, now=noon.now
    )


def told(noon):
    """Who was told of how many shifts since the last time this was asked."""
    rows = Page.objects.filter(run__startswith="c:").order_by("pk")
    fresh = rows.filter(pk__gt=getattr(noon, "seen", 0))
    found = sorted(row.user.username for row in fresh.select_related("user"))
    noon.seen = max([0, *rows.values_list("pk", flat=True)])
    return found


def look(noon, at=None):
    noon.now = at or noon.now
    while time_off_conflicts.tell_due_conflicts(clock=lambda: noon.now, limit=10):
        pass
    return told(noon)


def test_the_person_and_the_managers_are_told_at_once_with_who_could(noon):
    away(noon, 3)
    assert look(noon) == BOTH
    mine, hers = (Page.objects.get(user=user, urgency="info") for user in (noon.ana, noon.mia))
    title = "on call as primary of Noon, from 2026-03-05 12:00 to 15:00 (UTC)"
    assert mine.facts["title"] == f"You are away, and yet {title}"
    assert hers.facts["title"] == f"Ana Ruiz is away, and yet {title}"
    first = lambda page: [line.split(" could: free; rested")[0] for line in page.facts["lines"]]  # noqa: E731
    assert first(mine) == ["Bo Lind", "Cy Moss", "Mia Falk"]
    assert first(hers) == ["Bo Lind", "Cy Moss", "You"]


def test_it_leads_to_asking_for_cover_of_just_that(noon):
    away(noon, 3)
    look(noon)
    parts = urlsplit(Page.objects.get(user=noon.mia, urgency="info").facts["path"])
    assert parts.path == "/swaps/ask"
    assert parse_qs(parts.query) == {
        "schedule": ["Noon"],
        "role": ["primary"],
        "giver": [str(noon.ana.pk)],
        "start": [(TODAY + 3 * DAY + 12 * HOUR).isoformat()],
        "end": [(TODAY + 3 * DAY + 15 * HOUR).isoformat()],
    }


def test_each_shift_is_told_once_for_ever_also_where_two_times_off_meet_it(noon):
    away(noon, 3, days=2)
    assert look(noon) == BOTH
    away(noon, 3)
    for hours in range(1, 60):
        assert look(noon, TODAY + hours * HOUR) == []


def test_what_comes_to_fall_on_it_later_is_told_within_the_hour(noon):
    away(noon, 3, user=noon.bo)
    assert look(noon) == []
    noon.override("cover", noon.bo, 12, 15, day=3)
    began = noon.now
    assert look(noon, began + HOUR - MINUTE) == []
    assert look(noon, began + HOUR) == ["bo", "mia"]
    assert look(noon, began + 3 * HOUR) == []


@pytest.mark.parametrize(("days", "found"), [(89, BOTH), (91, [])])
def test_ninety_days_ahead_and_no_more(noon, days, found):
    away(noon, days)
    assert look(noon) == found


def test_what_lies_further_ahead_is_told_when_it_comes_near(noon):
    away(noon, 100)
    assert look(noon) == []
    assert look(noon, noon.now + 12 * DAY) == BOTH


def test_what_is_past_is_not_told(noon):
    away(noon, 1)
    assert look(noon, TODAY + DAY + 15 * HOUR) == []


def test_what_is_under_way_is_told_for_the_rest(noon):
    away(noon, 1)
    assert look(noon, TODAY + DAY + 14 * HOUR) == BOTH
    title = Page.objects.get(user=noon.ana, urgency="info").facts["title"]
    assert "from 2026-03-03 14:00 to 15:00" in title
    assert look(noon, TODAY + DAY + 14 * HOUR + 59 * MINUTE) == []


def test_what_was_cancelled_or_covered_is_not_told(noon):
    actions.cancel_time_off(time_off=away(noon, 3), by=TESTS, now=noon.now)
    away(noon, 4)
    noon.override("cover", noon.bo, 12, 15, day=4)
    assert look(noon) == []


def test_a_shift_whose_start_goes_out_of_sight_is_told_once(noon):
    """On for 80 days by one cover, away near its end: its start is 35 days back, then 36, then 70."""
    noon.override("cover", noon.bo, 15, 15 + 80 * 24)
    away(noon, 75, user=noon.bo)
    assert look(noon) == ["bo", "mia"]
    for days in (35, 36, 37, 50, 70, 75):
        assert look(noon, TODAY + days * DAY + 16 * HOUR) == []


def test_a_shift_of_more_than_a_year_is_told_once(noon):
    """Nobody looks back to where it began: the time off names it."""
    for year in range(2):
        noon.override("cover", noon.bo, 15, 15 + 300 * 24, day=1 + year * 300)
    away(noon, 500, user=noon.bo)
    found = [look(noon, TODAY + days * DAY + 16 * HOUR) for days in (405, 415, 440, 470, 499, 500)]
    assert found == [[], ["bo", "mia"], [], [], [], []]


def test_after_an_outage_of_days_each_is_told_once(noon):
    away(noon, 3, days=4)
    assert look(noon, TODAY + 5 * DAY) == BOTH
    assert len(Page.objects.get(user=noon.ana, urgency="info").facts["lines"]) == 2
    assert look(noon, TODAY + 5 * DAY + 2 * HOUR) == []


def test_after_a_crash_before_it_was_kept_it_is_told_once(noon, monkeypatch):
    row = away(noon, 3)
    real = time_off_conflicts.tell

    def crash(**asked):
        real(**asked)
        raise RuntimeError("the power went")

    monkeypatch.setattr(time_off_conflicts, "tell", crash)
    assert look(noon) == []
    monkeypatch.setattr(time_off_conflicts, "tell", real)
    TimeOff.objects.filter(pk=row.pk).update(checked_at=None)  # as a process that died leaves it
    assert look(noon) == BOTH


def test_one_that_cannot_be_looked_at_holds_up_no_other_and_is_tried_again(noon, monkeypatch):
    bad, _ = away(noon, 3), away(noon, 5)
    real = time_off_conflicts._fresh

    def fresh(seen, now):
        if seen.pk == bad.pk:
            raise ZeroDivisionError
        return real(seen, now)

    monkeypatch.setattr(time_off_conflicts, "_fresh", fresh)
    assert look(noon) == BOTH
    monkeypatch.setattr(time_off_conflicts, "_fresh", real)
    assert look(noon, noon.now + HOUR) == BOTH


def test_time_off_that_was_changed_meanwhile_is_looked_at_anew(noon, monkeypatch):
    row = away(noon, 3)
    real = time_off_conflicts._news

    def news(*found_of):
        found = real(*found_of)
        TimeOff.objects.filter(pk=row.pk).update(end=row.end + timedelta(days=1))
        return found

    monkeypatch.setattr(time_off_conflicts, "_news", news)
    assert not time_off_conflicts.tell_due_conflicts(clock=lambda: noon.now)
    monkeypatch.setattr(time_off_conflicts, "_news", real)
    assert look(noon) == BOTH
    assert ConflictTold.objects.count() == 2


def test_a_role_with_the_longest_name_is_named_in_full(noon):
    Membership.objects.filter(user=noon.mia).update(role="responder")
    role = "r" * 40
    noon.now += MINUTE
    rotation = noon.noon.versions.get().definition["roles"]["primary"]
    schedule = actions.create_schedule(
        name="Long",
        team=noon.team,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json({"roles": {role: rotation}}),
        by=TESTS,
        now=noon.now,
    )
    away(noon, 3)
    assert look(noon) == ["ana", "ana"]
    assert f"as {role} of Long" in Page.objects.get(cause=f"schedule:{schedule.pk}").facts["title"]


def test_a_long_holiday_is_one_notice_that_names_each_shift_and_who_could(noon):
    away(noon, 3, days=20)
    assert look(noon) == BOTH
    mine, hers = (Page.objects.get(user=user, urgency="info").facts for user in (noon.ana, noon.mia))
    assert mine["title"] == "You are away, and yet on call in 20 shifts of Noon"
    assert hers["title"] == "Ana Ruiz is away, and yet on call in 20 shifts of Noon"
    first, *_, last = hers["lines"]
    when = "Primary from 2026-03-05 12:00 to 15:00 (UTC)"
    assert first == f"{when}: Bo Lind or Cy Moss or you could."
    assert mine["lines"][0] == f"{when}: Bo Lind or Cy Moss or Mia Falk could."
    assert (len(hers["lines"]), last) == (11, "And 10 more.")
    assert (mine["path"], hers["path"]) == ("/time-off", "/schedules/Noon/quality")


def test_where_nobody_is_free_it_says_so(noon):
    for user in (noon.bo, noon.cy, noon.mia):
        away(noon, 4, user=user)
    away(noon, 3, days=2)
    look(noon)
    nobody = "Primary from 2026-03-06 12:00 to 15:00 (UTC): nobody who could carry it is free."
    assert Page.objects.get(user=noon.ana, urgency="info").facts["lines"][1] == nobody


def test_the_keeper_does_it(noon):
    away(noon, 3)
    with time_machine.travel(noon.now, tick=False):
        keeper.CHORES["conflicts"](lambda: False)
    assert told(noon) == BOTH


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("entries", [1, 3])
def test_of_many_workers_one_tells(entries):
    noon = Noon()
    for _ in range(entries):
        away(noon, 3)
    at_once(*3 * [lambda: time_off_conflicts.tell_due_conflicts(clock=lambda: noon.now)])
    assert told(noon) == BOTH
    assert look(noon) == []
