"""Incidents in the admin: seen, acknowledged, resolved and escalated, and always on the record."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.ledger.models import Entry

LIST = "/admin/escalation/incident/"


def select(action, *incidents):
    return {"action": action, "_selected_action": [incident.pk for incident in incidents]}


def test_acknowledge_on_a_selection_is_on_each_timeline_under_the_managers_name(mia, world):
    first, second = world.alert("a"), world.alert("b")
    answer = mia.post(LIST, select("acknowledge", first, second), follow=True)
    assert "paging has stopped" in answer.content.decode()
    for incident in (first, second):
        incident.refresh_from_db()
        assert incident.status == "acknowledged"
        assert any(line.startswith("Mia Falk (admin): acknowledged") for line in world.timeline(incident))


def test_resolve_on_a_selection_says_which_was_resolved_before(mia, world):
    gone, open_ = world.alert("a"), world.alert("b")
    mia.post(LIST, select("resolve", gone))
    answer = mia.post(LIST, select("resolve", gone, open_), follow=True).content.decode()
    assert f"Incident #{gone.pk} is already resolved by Mia Falk." in answer
    open_.refresh_from_db()
    assert open_.status == "resolved"
    assert Entry.objects.filter(verb="incident.resolved", actor=world.mia).count() == 2


def test_escalate_on_the_page_pages_the_next_step(mia, world):
    incident = world.alert()
    world.tick()
    answer = mia.post(f"{LIST}{incident.pk}/act/escalate/", follow=True)
    assert answer.redirect_chain == [(f"{LIST}{incident.pk}/change/", 302)]
    assert "the next step is paged now" in answer.content.decode()
    world.tick()
    assert world.sent() == [(0, "ana", "email"), (0, "bo", "email")]


def test_the_manager_of_another_team_may_help_too(zoe, world):
    incident = world.alert()
    zoe.post(f"{LIST}{incident.pk}/act/acknowledge/")
    incident.refresh_from_db()
    assert incident.acknowledged_by == world.zoe


def test_the_page_has_the_timeline_and_no_buttons_once_resolved(mia, world):
    incident = world.alert()
    world.tick()
    page = mia.get(f"{LIST}{incident.pk}/change/").content.decode()
    assert "paging Ana Ruiz" in page
    assert "/act/resolve/" in page
    mia.post(f"{LIST}{incident.pk}/act/resolve/")
    assert "/act/resolve/" not in mia.get(f"{LIST}{incident.pk}/change/").content.decode()


def test_the_list_says_who_is_on_call_and_who_is_on_it(mia, world):
    world.acknowledge(world.alert(), world.bo)
    page = mia.get(LIST).content.decode()
    assert "Ana Ruiz" in page
    assert "Bo Lind" in page


def test_a_longer_list_asks_no_more_of_the_database(mia, world):
    for number in range(2):
        world.alert(f"few-{number}")
    few = queries(mia)
    for number in range(10):
        world.alert(f"many-{number}")
    assert queries(mia) == few


def queries(client):
    client.get(LIST)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(LIST).status_code == 200
    return len(captured)
