"""Which number reaches the on-call of a service, set by its team's managers."""

from escalation.actions import hot_lines
from escalation.models import HotCall, HotLine
from people.ledger.models import Entry
from tests.admin.filled import filled
from tests.world import TESTS

NUMBER = "+15005550006"


def page(world):
    return f"/admin/escalation/service/{world.service.pk}/change/"


def test_a_manager_gives_a_service_a_number_and_takes_it_away(mia, world):
    data = filled(
        mia.get(page(world)), **{"hot_lines-TOTAL_FORMS": "1", "hot_lines-0-number": "+1 500 555 0006"}
    )
    assert mia.post(page(world), data).status_code == 302
    line = HotLine.objects.get()
    assert (line.number, line.service, line.retired_at) == (NUMBER, world.service, None)
    said = Entry.objects.latest("pk")
    assert said.what == f"calls to {NUMBER} reach the on-call of service payments-api"
    assert said.actor == world.mia
    assert (
        mia.post(page(world), filled(mia.get(page(world)), **{"hot_lines-0-remove": "on"})).status_code == 302
    )
    line.refresh_from_db()
    assert line.retired_at == world.now
    assert NUMBER not in mia.get(page(world)).content.decode()


def test_a_number_that_is_none_is_refused_on_the_form(mia, world):
    data = filled(mia.get(page(world)), **{"hot_lines-TOTAL_FORMS": "1", "hot_lines-0-number": "0151 2"})
    answer = mia.post(page(world), data)
    assert answer.status_code == 200
    assert "is not a phone number; write it with its country" in answer.content.decode()
    assert not HotLine.objects.exists()


def test_another_teams_manager_sees_the_number_and_changes_nothing(zoe, world):
    hot_lines.add_hot_line(service=world.service, number=NUMBER, by=TESTS, now=world.now)
    answer = zoe.get(page(world))
    assert NUMBER in answer.content.decode()
    data = {"hot_lines-TOTAL_FORMS": "1", "hot_lines-INITIAL_FORMS": "1", "hot_lines-0-remove": "on"}
    assert zoe.post(page(world), data).status_code == 403
    assert HotLine.objects.get().retired_at is None


def test_calls_are_on_record_for_managers(mia, world):
    line = hot_lines.add_hot_line(service=world.service, number=NUMBER, by=TESTS, now=world.now)
    call = HotCall.objects.create(line=line, sid="CA1", caller="+14155550123", began_at=world.now)
    call.rings.create(position=1, user=world.ana, because="primary", at=world.now, outcome="no answer")
    listed = mia.get("/admin/escalation/hotcall/").content.decode()
    assert "+14155550123" in listed
    assert "no answer" in mia.get(f"/admin/escalation/hotcall/{call.pk}/change/").content.decode()
