"""What will hurt on a schedule, over HTTP."""

import time_machine
from django.test import Client

from oncall.actions import retire_schedule
from people import actions as people
from tests.oncall.feeds.office import HOUR, NOW, TESTS


def answer(office, path):
    token = people.create_token(user=office.ana, by=TESTS, now=NOW)
    with time_machine.travel(NOW, tick=False):
        return Client(headers={"Authorization": f"Bearer {token}"}).get(f"/api/v1/schedules/{path}")


def test_errors_first_each_with_what_it_is_about(office):
    office.override(office.ana, NOW + 30 * HOUR, NOW + 31 * HOUR, kind="remove")
    for path in ("Checkout/findings", "Checkout/findings/"):
        found = answer(office, path).json()
        assert [one["level"] for one in found] == sorted(one["level"] for one in found)
        [gap] = [one for one in found if one["kind"] == "gap"]
        assert gap == {
            "level": "warning",
            "what": "Checkout primary: nobody is on call from Thu 2026-03-05 18:00 UTC"
            " to Thu 2026-03-05 19:00 UTC.",
            "mend": "Add an override, or change the rotation.",
            "kind": "gap",
            "schedule": "Checkout",
            "role": "primary",
            "users": [],
            "start": "2026-03-05T18:00:00Z",
            "end": "2026-03-05T19:00:00Z",
            "count": 1,
        }


def test_a_retired_schedule_has_none_and_an_unknown_one_is_named(office):
    retire_schedule(schedule=office.schedule, by=TESTS, now=NOW)
    assert answer(office, "Checkout/findings").json() == []
    assert answer(office, "Chekout/findings").status_code == 404
