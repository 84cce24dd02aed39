"""Maintenance windows in the admin: planned, changed, ended and cancelled by the team's managers."""

import pytest

from escalation.models import MaintenanceWindow
from people.ledger.models import Entry
from tests.admin.filled import filled
from tests.escalation.maintained import planned

LIST = "/admin/escalation/maintenancewindow/"
ADD = f"{LIST}add/"


def given(world, **more):
    return {
        "service": world.service.pk,
        "start": "2026-03-08 02:00",
        "end": "2026-03-08 04:00",
        "time_zone": "Europe/Berlin",
        "repeat": "weekly",
        "until": "",
        "reason": "upgrade",
    } | more


def test_a_manager_plans_one_and_the_list_says_when_in_both_clocks(mia, world):
    assert mia.post(ADD, given(world)).status_code == 302
    said = mia.get(LIST).content.decode()
    assert "planned" in said
    assert "2026-03-08 02:00 to 04:00 Europe/Berlin" in said
    assert "2026-03-08 01:00 to 03:00 UTC" in said
    assert Entry.objects.get(verb="maintenance.planned").actor == world.mia


def test_a_manager_changes_it(mia, world):
    mia.post(ADD, given(world))
    page = f"{LIST}{MaintenanceWindow.objects.get().pk}/change/"
    assert mia.post(page, filled(mia.get(page), end="2026-03-08 05:00")).status_code == 302
    row = MaintenanceWindow.objects.get()
    assert (row.start, row.end, row.reason) == ("2026-03-08T02:00:00", "2026-03-08T05:00:00", "upgrade")
    assert mia.post(page, filled(mia.get(page))).status_code == 302
    assert Entry.objects.filter(verb="maintenance.changed").count() == 1


def test_a_manager_ends_what_runs(mia, world):
    window = planned(world)
    incident = world.alert()
    assert "now" in mia.get(LIST).content.decode()
    assert mia.post(f"{LIST}{window.pk}/act/end_now/").status_code == 302
    incident.refresh_from_db()
    assert incident.parked_reason == ""
    window.refresh_from_db()
    assert window.ended_at == world.now
    assert mia.get(f"{LIST}{window.pk}/change/").status_code == 200


def test_a_manager_cancels_one(mia, world):
    window = planned(world, begins=10)
    assert mia.post(f"{LIST}{window.pk}/act/cancel/").status_code == 302
    window.refresh_from_db()
    assert window.cancelled_at == world.now


def test_another_teams_manager_looks_and_changes_nothing(zoe, world):
    window = planned(world)
    page = f"{LIST}{window.pk}/change/"
    assert zoe.get(page).status_code == 200
    assert zoe.post(page, {"end": "2026-03-09 10:00"}).status_code == 403
    zoe.post(f"{LIST}{window.pk}/act/cancel/")
    zoe.post(f"{LIST}{window.pk}/act/end_now/")
    assert zoe.post(ADD, given(world)).status_code == 200
    window.refresh_from_db()
    assert (window.cancelled_at, window.ended_at) == (None, None)
    assert MaintenanceWindow.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"end": "2026-03-08 01:00"}, "is not after the start"),
        ({"start": "tomorrow"}, "is no date and time; write it as 2026-06-01 02:00"),
        ({"start": "2026-03-08T02:00Z"}, "is no date and time"),
        ({"start": ""}, "This field is required"),
        ({"start": "2026-03-08\x0002:00"}, ""),
        ({"end": "2026-03-20 01:00"}, "shorter than a week"),
        ({"time_zone": "Mars"}, "Select a valid choice"),
        ({"repeat": "yearly"}, "Select a valid choice"),
        ({"repeat": "", "until": "2026-05-01"}, "choose a repeat"),
        ({"repeat": "", "start": "2026-03-01 02:00", "end": "2026-03-01 03:00"}, "is over already"),
        ({"service": 99999}, "Select a valid choice"),
        ({"start": "9999-12-31 23:00", "end": "9999-12-31 23:30"}, "years 1970 to 2199"),
    ],
)
def test_bad_input_is_said_on_the_form(mia, world, wrong, says):
    answer = mia.post(ADD, given(world, **wrong))
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not MaintenanceWindow.objects.exists()
