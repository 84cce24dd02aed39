"""The admin's fields for reminders, for confirming, and for swaps that wait for a manager."""

from datetime import timedelta

import pytest

from oncall.models import Schedule
from people.ledger.models import Entry
from tests.admin.filled import filled


@pytest.fixture
def address(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/change/"


def test_the_usual_stands_there_and_what_is_written_is_stored(mia, world, address):
    page = mia.get(address)
    assert b'value="7d, 1d, 1h"' in page.content
    assert b'value="4h"' in page.content
    data = filled(page, remind_before="30m; 2 days", confirmed_within="1d")
    assert mia.post(address, data).status_code == 302
    world.schedule.refresh_from_db()
    assert world.schedule.reminders == [2 * 86_400, 1800]
    assert world.schedule.confirm_within == timedelta(days=1)
    assert world.schedule.wake_at == world.now
    assert Entry.objects.get(verb="schedule.changed").actor == world.mia
    assert b'value="2d, 30m"' in mia.get(address).content


def test_an_empty_line_is_no_reminders_and_stays_so(mia, world, address):
    mia.post(address, filled(mia.get(address), remind_before="", confirmed_within=""))
    world.schedule.refresh_from_db()
    assert (world.schedule.reminders, world.schedule.confirm_within) == ([], None)
    before = Entry.objects.count()
    assert mia.post(address, filled(mia.get(address))).status_code == 302
    assert Entry.objects.count() == before


def test_a_page_opened_before_the_fields_were_there_changes_nothing(mia, world, address):
    Schedule.objects.update(reminders=[3600])
    data = filled(mia.get(address))
    del data["remind_before"], data["confirmed_within"]
    assert mia.post(address, data).status_code == 302
    world.schedule.refresh_from_db()
    assert (world.schedule.reminders, world.schedule.confirm_within) == ([3600], None)


def test_a_new_schedule_has_them_too(mia, world):
    new = "/admin/oncall/schedule/add/"
    data = filled(mia.get(new), name="Desk", team=world.team.pk, without_layers="primary", remind_before="3h")
    assert mia.post(new, data).status_code == 302
    assert Schedule.objects.get(name="Desk").reminders == [3 * 3600]


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("remind_before", "soon", "“soon” is not a length of time"),
        ("remind_before", "30s", "from 1m to 90d before a shift, not 30s."),
        ("remind_before", "91d", "not 91d."),
        ("remind_before", "1d, 24h", "stands here twice"),
        ("remind_before", ",".join(f"{n}h" for n in range(1, 12)), "write at most 10."),
        ("remind_before", "1d\x00", "is not a length of time"),
        ("confirmed_within", "4m", "from 5m to 7d to be confirmed, not 4m."),
        ("confirmed_within", "0m", "not 0d."),
        ("confirmed_within", "<b>", "is not a length of time"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field(mia, world, address, field, written, said):
    answer = mia.post(address, filled(mia.get(address), **{field: written}))
    assert answer.status_code == 200
    assert any(said in fault for fault in answer.context["adminform"].form.errors[field])
    world.schedule.refresh_from_db()
    assert (world.schedule.reminders, world.schedule.confirm_within) == (None, None)


def test_a_team_says_whether_a_manager_approves_swaps(mia, world):
    address = f"/admin/people/team/{world.team.pk}/change/"
    assert mia.post(address, filled(mia.get(address), swaps_need_approval="on")).status_code == 302
    world.team.refresh_from_db()
    assert world.team.swaps_need_approval is True
    assert "swaps_need_approval of team Payments" in Entry.objects.latest("pk").what
