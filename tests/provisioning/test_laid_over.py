"""Temporary schedules and time off through the document."""

from datetime import UTC, date, datetime

import pytest

from oncall.models import AwayCalendar, TemporarySchedule, TimeOff
from people.models import User
from tests.provisioning.organisations import NOW, SMALL, done, put, refused
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db

TEMPORARY = """
    temporary:
      - start: 2025-07-01T10:00
        end: 2025-07-03T10:00
        shifts:
          - {role: primary, start: 2025-07-01T10:00, end: 2025-07-03T10:00, user: bo}
escalation_policies:"""
WITH_TEMPORARY = SMALL.replace("\nescalation_policies:", TEMPORARY)
ANA_INSTEAD = WITH_TEMPORARY.replace("end: 2025-07-03T10:00, user: bo", "end: 2025-07-03T10:00, user: ana")
AWAY = SMALL + "time_off:\n  - {user: bo, start: 2025-07-07, end: 2025-07-21, reason: holiday}\n"


def shifts() -> list[str]:
    rows = TemporarySchedule.objects.filter(cancelled_at=None)
    return [shift.user.username for row in rows for shift in row.shifts.all()]


def test_other_shifts_take_the_place_of_those_that_have_not_begun():
    put(WITH_TEMPORARY)
    assert done(put(ANA_INSTEAD)) == ["change temporary schedule Ops 2025-07-01T10:00 2025-07-03T10:00"]
    assert shifts() == ["ana"]
    assert put(ANA_INSTEAD).changes == ()


def test_a_temporary_schedule_that_has_begun_stays_as_it_is():
    put(WITH_TEMPORARY)
    [said] = refused(ANA_INSTEAD, now=datetime(2025, 7, 2, tzinfo=UTC))
    assert said.startswith("schedules[0].temporary[0] (line 16): This temporary schedule has begun")


def test_prune_cancels_a_temporary_schedule_that_has_not_begun():
    put(WITH_TEMPORARY)
    assert done(put(SMALL, prune=True)) == ["retire temporary schedule Ops 2025-07-01T10:00 2025-07-03T10:00"]
    assert shifts() == []


def test_prune_leaves_a_temporary_schedule_that_has_begun():
    put(WITH_TEMPORARY)
    assert put(SMALL, prune=True, now=datetime(2025, 7, 2, tzinfo=UTC)).changes == ()


def test_past_temporary_schedules_come_back_with_their_schedule_and_are_not_made_twice():
    past = WITH_TEMPORARY.replace("2025-07", "2025-05")
    put(past)
    put("version: 1", prune=True)
    put(past)
    assert TemporarySchedule.objects.count() == 1
    assert put(past).changes == ()


def test_a_shift_outside_its_temporary_schedule_is_refused():
    outside = WITH_TEMPORARY.replace("end: 2025-07-03T10:00, user", "end: 2025-07-04T10:00, user")
    [said] = refused(outside)
    assert said.startswith("schedules[0].temporary[0]")


def test_a_role_that_the_schedule_does_not_have_is_refused_unless_it_is_over():
    unknown = WITH_TEMPORARY.replace("role: primary", "role: third")
    [said] = refused(unknown)
    assert said.startswith("schedules[0].temporary[0].shifts[0].role (line 19): Ops has no role “third”.")


def test_time_off_is_whole_days_and_another_reason_takes_its_place():
    put(AWAY)
    assert done(put(AWAY.replace("holiday", "wedding"))) == ["change time off bo 2025-07-07 2025-07-21"]
    away = TimeOff.objects.get(cancelled_at=None)
    assert (str(away.start), str(away.end), away.reason) == ("2025-07-07", "2025-07-21", "wedding")


def test_prune_takes_back_time_off_that_is_not_over():
    put(AWAY)
    assert put(SMALL, prune=True, now=datetime(2025, 7, 21, tzinfo=UTC)).changes == ()
    assert done(put(SMALL, prune=True, now=NOW)) == ["retire time off bo 2025-07-07 2025-07-21"]
    assert not TimeOff.objects.filter(cancelled_at=None).exists()


def test_what_a_calendar_kept_elsewhere_says_is_no_part_of_the_document():
    put(SMALL)
    bo = User.objects.get(username="bo")
    calendar = AwayCalendar.objects.create(user=bo, address="https://example.com/x.ics", created_at=NOW)
    days = {"start": date(2025, 7, 7), "end": date(2025, 7, 21)}
    TimeOff.objects.create(user=bo, calendar=calendar, uid="x", reason="from a calendar", **days)
    assert "from a calendar" not in export(now=NOW)
    assert put(SMALL, prune=True).changes == ()
    put(AWAY)
    assert done(put(SMALL, prune=True)) == ["retire time off bo 2025-07-07 2025-07-21"]
    assert TimeOff.objects.get(cancelled_at=None).calendar == calendar


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("end: 2025-07-21", "end: 2025-07-07", "ends on 2025-07-07, which is not after"),
        ("end: 2025-07-21", "end: 2025-02-30", "“2025-02-30” is not a day of the calendar"),
        ("end: 2025-07-21", "end: 3025-07-21", "lies outside the years 1970 to 2199"),
        ("end: 2025-07-21", "end: 2025-07-21T10:00", "is not a date; write it as 2025-01-06."),
        ("user: bo", "user: boo", "There is no user “boo”. Did you mean “bo”?"),
        (
            "off:\n",
            "off:\n  - {user: bo, start: 2025-07-07, end: 2025-07-21}\n",
            "This stands here twice",
        ),
    ],
)
def test_time_off_that_makes_no_sense_is_refused(old, new, said):
    [fault] = refused(AWAY.replace(old, new))
    assert fault.startswith("time_off[")
    assert said in fault
