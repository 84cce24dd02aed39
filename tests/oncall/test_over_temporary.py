"""What a person puts over a temporary schedule takes effect, through every door."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.core.override import TemporaryShift
from oncall.models import Override, Schedule, TemporarySchedule
from oncall.selectors import on_call
from people import actions as people
from people.models import User
from tests.oncall.feeds.office import NOW, TESTS, Office
from tests.provisioning.organisations import SMALL, done, put, refused
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST, LAST = NOW + DAY, NOW + 3 * DAY


@pytest.fixture
def quarter() -> Office:
    """Bo carries two days by a temporary schedule in what is Ana's week."""
    office = Office()
    shift = TemporaryShift("primary", FIRST, LAST, office.bo.pk)
    actions.add_temporary(schedule=office.schedule, start=FIRST, end=LAST, shifts=[shift], by=TESTS, now=NOW)
    return office


def on(office: Office, at: datetime) -> tuple[int, ...]:
    return on_call([office.schedule.pk], at=at)[office.schedule.pk, "primary"]


def test_an_override_made_while_it_stands_applies_to_its_shifts(quarter):
    made = quarter.override(quarter.zed, FIRST + HOUR, FIRST + 2 * HOUR)
    assert made.over_temporary
    around = [on(quarter, FIRST + n * HOUR) for n in (0, 1, 2)]
    assert around == [(quarter.bo.pk,), (quarter.zed.pk,), (quarter.bo.pk,)]


def test_one_that_was_made_before_the_temporary_schedule_stays_under_it():
    office = Office()
    made = office.override(office.zed, FIRST, LAST)
    actions.add_temporary(schedule=office.schedule, start=FIRST, end=LAST, shifts=[], by=TESTS, now=NOW)
    assert not made.over_temporary
    assert on(office, FIRST) == ()


@pytest.mark.parametrize(
    ("start", "end", "may"),
    [
        (FIRST, LAST, True),
        (FIRST + HOUR, LAST - HOUR, True),
        (FIRST - HOUR, LAST, False),
        (FIRST, LAST + timedelta(seconds=1), False),
    ],
    ids=["the whole span", "within it", "from before it", "past it"],
)
def test_a_hidden_cover_and_one_over_it_stand_together_where_they_are_never_both_in_force(
    quarter, start, end, may
):
    quarter.override(quarter.ana, start, end, over_temporary=False)
    if may:
        quarter.override(quarter.zed, start, end)
        assert on(quarter, FIRST + HOUR) == (quarter.zed.pk,)
    else:
        with pytest.raises(actions.Refused, match="Ana Ruiz covers primary"):
            quarter.override(quarter.zed, start, end)


def test_the_other_way_round_too(quarter):
    quarter.override(quarter.zed, FIRST - HOUR, LAST)
    quarter.override(quarter.ana, FIRST, LAST, over_temporary=False)
    with pytest.raises(actions.Refused, match="Zed Orr covers primary"):
        quarter.override(quarter.mia, FIRST - HOUR, LAST, over_temporary=False)
    assert on(quarter, FIRST) == (quarter.zed.pk,)


def test_two_over_it_are_in_each_others_way(quarter):
    quarter.override(quarter.zed, FIRST, LAST)
    with pytest.raises(actions.Refused, match="Zed Orr covers primary"):
        quarter.override(quarter.mia, FIRST + HOUR, LAST)


def test_when_the_temporary_schedule_is_taken_back_the_later_of_the_two_counts(quarter):
    quarter.override(quarter.ana, FIRST, LAST, over_temporary=False)
    quarter.override(quarter.zed, FIRST, LAST)
    actions.cancel_temporary(temporary=TemporarySchedule.objects.get(), by=TESTS, now=NOW)
    assert on(quarter, FIRST) == (quarter.zed.pk,)


def test_the_api_makes_it_shows_it_and_lists_its_shifts(quarter):
    token = people.create_token(user=quarter.mia, by=TESTS, now=NOW)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    start, end = FIRST + HOUR, FIRST + 2 * HOUR
    cover = {"role": "primary", "start": start.isoformat(), "end": end.isoformat(), "user": "zed"}
    with time_machine.travel(NOW, tick=False):
        made = client.post("/api/v1/schedules/Checkout/overrides", json.dumps(cover), "application/json")
        shown = client.get(f"/api/v1/overrides/{made.json()['id']}").json()
        span = f"since={FIRST:%Y-%m-%dT%H:%M}&until={FIRST + 3 * HOUR:%Y-%m-%dT%H:%M}"
        rows = client.get(f"/api/v1/schedules/Checkout/shifts?{span}").json()
    assert (made.status_code, made.json()["over_temporary"], shown["over_temporary"]) == (201, True, True)
    assert [(row["user"], row["override"]) for row in rows] == [
        ("bo", "temporary"),
        ("zed", "cover"),
        ("bo", "temporary"),
    ]


def test_the_api_can_leave_it_under_the_temporary_schedule(quarter):
    token = people.create_token(user=quarter.mia, by=TESTS, now=NOW)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    cover = {"role": "primary", "start": FIRST.isoformat(), "end": LAST.isoformat(), "user": "zed"}
    with time_machine.travel(NOW, tick=False):
        body = json.dumps(cover | {"over_temporary": False})
        made = client.post("/api/v1/schedules/Checkout/overrides", body, "application/json")
        wrong = client.post(
            "/api/v1/schedules/Checkout/overrides",
            json.dumps(cover | {"over_temporary": "perhaps"}),
            "application/json",
        )
    assert made.json()["over_temporary"] is False
    assert on(quarter, FIRST) == (quarter.bo.pk,)
    assert (wrong.status_code, list(wrong.json())) == (400, ["over_temporary"])


SPAN = "start: 2025-07-01T10:00, end: 2025-07-03T10:00"
DOCUMENT = SMALL.replace(
    "\nescalation_policies:",
    f"""
    overrides:
      - {{role: primary, {SPAN}, user: ana, reason: under}}
      - {{role: primary, {SPAN}, user: ana, reason: over, over_temporary: true}}
    temporary:
      - start: 2025-07-01T10:00
        end: 2025-07-03T10:00
        shifts: [{{role: primary, {SPAN}, user: bo}}]
escalation_policies:""",
)
IN_IT = datetime(2025, 7, 2, tzinfo=UTC)


def carried() -> list[str]:
    [users] = on_call(Schedule.objects.values_list("pk", flat=True), at=IN_IT).values()
    return list(User.objects.filter(pk__in=users).values_list("username", flat=True))


def test_a_document_says_both_comes_back_the_same_and_changes_nothing_again():
    put(DOCUMENT)
    rows = Override.objects.order_by("pk").values_list("reason", "over_temporary")
    assert list(rows) == [("under", False), ("over", True)]
    assert carried() == ["ana"]
    assert put(DOCUMENT).changes == ()
    text = export(now=datetime(2025, 6, 11, 12, tzinfo=UTC))
    assert text.count("over_temporary: true") == 1
    assert put(text, prune=True).changes == ()


def test_without_the_word_the_temporary_schedule_wins():
    second = f"      - {{role: primary, {SPAN}, user: ana, reason: over, over_temporary: true}}\n"
    hidden = DOCUMENT.replace(second, "")
    put(hidden)
    assert not Override.objects.get().over_temporary
    over = hidden.replace("reason: under", "reason: under, over_temporary: true")
    assert done(put(over)) == ["change override Ops primary cover 2025-07-01T10:00 2025-07-03T10:00 ana"]
    assert Override.objects.get(cancelled_at=None).over_temporary
    assert put(over).changes == ()


def test_a_document_in_which_two_would_be_in_force_at_once_is_refused():
    longer = DOCUMENT.replace("end: 2025-07-03T10:00, user: ana", "end: 2025-07-03T11:00, user: ana")
    [said] = refused(longer)
    assert "overrides[1]" in said
    assert "This cover of primary overlaps overrides[0]; a role has one cover at a time." in said
