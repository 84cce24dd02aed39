"""The example organisation's schedules: what each part of its document means, to the minute."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from oncall import actions, selectors
from oncall.core.definition import Definition
from oncall.core.override import TemporaryShift
from oncall.models import Schedule
from people.actions import create_user
from people.ledger.record import Actor
from people.models import User

pytestmark = pytest.mark.django_db
NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BY = Actor("the tests")
WEEK = ["mon", "tue", "wed", "thu", "fri"]
People = dict[str, User]


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.fixture
def people() -> People:
    names = ("alice", "bob", "carol", "dave")
    return {name: create_user(username=name, by=BY, now=NOW) for name in names}


def create(name: str, zone: str, roles: dict, holidays: str = "") -> Schedule:
    return actions.create_schedule(
        name=name,
        team=None,
        time_zone=zone,
        holidays=holidays,
        definition=Definition.from_json({"roles": roles}),
        by=BY,
        now=NOW,
    )


@pytest.fixture
def checkout(people: People) -> Schedule:
    alice, bob, carol, dave = (people[name].pk for name in ("alice", "bob", "carol", "dave"))
    weekly = {"name": "Weekly", "participants": [alice, bob, carol, dave], "start": "2025-01-06T10:00"}
    europe = {
        "name": "Office hours in Europe",
        "participants": [[carol, dave]],
        "start": "2025-01-06T00:00",
        "restrictions": [{"days": WEEK, "start": "03:00", "end": "09:00"}],
    }
    follows = {"follows": "primary", "layer": "Weekly", "offset": -1}
    made = create(
        "Checkout", "America/New_York", {"primary": {"layers": [weekly, europe]}, "secondary": follows}
    )
    for kind, start, end, who, instead in (
        ("cover", "2025-01-08T18:00", "2025-01-08T22:00", "bob", None),
        ("replace", "2025-02-03T10:00", "2025-02-05T10:00", "carol", "alice"),
        ("add", "2025-11-28T00:00", "2025-11-29T00:00", "dave", None),
        ("remove", "2025-03-01T00:00", "2025-03-01T06:00", "dave", None),
    ):
        actions.add_override(
            schedule=made,
            role="primary",
            kind=kind,
            start=at(start),
            end=at(end),
            user=people[who],
            instead_of=people[instead] if instead else None,
            by=BY,
            now=NOW,
            founding=True,
        )
    first, second, last = at("2025-12-24T10:00"), at("2025-12-26T10:00"), at("2025-12-27T10:00")
    shifts = [TemporaryShift("primary", first, second, dave), TemporaryShift("primary", second, last, bob)]
    actions.add_temporary(schedule=made, start=first, end=last, shifts=shifts, by=BY, now=NOW, founding=True)
    return made


@pytest.fixture
def desk(people: People) -> Schedule:
    alice, bob, carol, dave = (people[name].pk for name in ("alice", "bob", "carol", "dave"))
    days = {
        "name": "Desk",
        "participants": [carol, dave],
        "start": "2025-01-06T09:00",
        "shift_length": "1 day",
        "turns": "worked_days",
        "restrictions": [{"days": WEEK, "start": "09:00", "end": "17:30"}],
    }
    weekend = {
        "name": "Weekend",
        "participants": [alice, bob],
        "start": "2025-01-10T18:00",
        "shift_length": "1 week",
        "restrictions": [{"start": "fri 18:00", "end": "mon 09:00"}],
    }
    return create("Checkout desk", "Europe/London", {"primary": {"layers": [days, weekend]}}, "GB-ENG")


def told(schedule: Schedule, since: str, until: str, *, role: str = "primary", zone: ZoneInfo = NEW_YORK):
    names = dict(User.objects.values_list("pk", "username"))
    found = selectors.final_shifts(schedule, since=at(since, zone), until=at(until, zone), role=role)
    return [
        f"{names.get(one.user, '-')} {one.start.astimezone(zone):%m-%d %H:%M} "
        f"{one.end.astimezone(zone):%m-%d %H:%M} {one.override}".strip()
        for one in found
    ]


def test_european_hours_stand_over_the_weekly_turn_and_a_cover_over_both(checkout):
    assert told(checkout, "2025-01-08T00:00", "2025-01-09T00:00") == [
        "alice 01-08 00:00 01-08 03:00",
        "carol 01-08 03:00 01-08 09:00",
        "dave 01-08 03:00 01-08 09:00",
        "alice 01-08 09:00 01-08 18:00",
        "bob 01-08 18:00 01-08 22:00 cover",
        "alice 01-08 22:00 01-09 00:00",
    ]


def test_a_replace_leaves_european_hours_alone(checkout):
    assert told(checkout, "2025-02-04T00:00", "2025-02-05T12:00") == [
        "carol 02-04 00:00 02-04 03:00 replace",
        "carol 02-04 03:00 02-04 09:00",
        "dave 02-04 03:00 02-04 09:00",
        "carol 02-04 09:00 02-05 03:00 replace",
        "carol 02-05 03:00 02-05 09:00",
        "dave 02-05 03:00 02-05 09:00",
        "carol 02-05 09:00 02-05 10:00 replace",
        "alice 02-05 10:00 02-05 12:00",
    ]


def test_secondary_is_last_weeks_primary(checkout):
    assert told(checkout, "2025-01-06T10:00", "2025-02-03T10:00", role="secondary") == [
        "dave 01-06 10:00 01-13 10:00",
        "alice 01-13 10:00 01-20 10:00",
        "bob 01-20 10:00 01-27 10:00",
        "carol 01-27 10:00 02-03 10:00",
    ]


def test_sale_day_adds_dave_and_a_remove_leaves_a_gap(checkout):
    assert "dave 11-28 09:00 11-29 00:00 add" in told(checkout, "2025-11-28T00:00", "2025-11-29T12:00")
    assert told(checkout, "2025-02-28T12:00", "2025-03-01T12:00") == [
        "dave 02-28 12:00 03-01 00:00",
        "- 03-01 00:00 03-01 06:00",
        "dave 03-01 06:00 03-01 12:00",
    ]


def test_christmas_is_what_the_temporary_schedule_says(checkout):
    shown = told(checkout, "2025-12-24T08:00", "2025-12-27T12:00")
    assert shown == [
        "carol 12-24 08:00 12-24 10:00",
        "dave 12-24 08:00 12-24 09:00",
        "dave 12-24 10:00 12-26 10:00 temporary",
        "bob 12-26 10:00 12-27 10:00 temporary",
        "carol 12-27 10:00 12-27 12:00",
    ]
    secondary = told(checkout, "2025-12-24T08:00", "2025-12-27T12:00", role="secondary")
    assert secondary[1] == "- 12-24 10:00 12-27 10:00"


def test_the_desk_counts_the_days_it_works_and_the_weekend_has_its_own(desk):
    assert told(desk, "2025-04-24T00:00", "2025-04-29T00:00", zone=LONDON) == [
        "- 04-24 00:00 04-24 09:00",
        "carol 04-24 09:00 04-24 17:30",
        "- 04-24 17:30 04-25 09:00",
        "dave 04-25 09:00 04-25 17:30",
        "- 04-25 17:30 04-25 18:00",
        "bob 04-25 18:00 04-28 09:00",
        "carol 04-28 09:00 04-28 17:30",
        "- 04-28 17:30 04-29 00:00",
    ]


def test_good_friday_and_easter_monday_take_no_turn(desk):
    """From 6 January to 16 April lie 72 worked days, and carol begins."""
    workdays = ("2025-04-16", "2025-04-17", "2025-04-22", "2025-04-23")
    names = dict(User.objects.values_list("pk", "username"))
    on = [selectors.on_call([desk.pk], at=at(f"{day}T12:00", LONDON)) for day in workdays]
    carried = [names[one[desk.pk, "primary"][0]] for one in on]
    assert carried == ["carol", "dave", "carol", "dave"]
