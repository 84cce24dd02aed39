"""One answer to many incidents: each on its own, and what cannot be says why."""

import pytest

from escalation.actions import bulk, respond
from escalation.actions.respond import Refused
from escalation.models import Incident
from people.ledger.record import Actor
from tests.world import TESTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(world):
    """One that nobody is on, one that Bo is on, one that is over."""
    new, taken, over = world.alert("new"), world.alert("taken"), world.alert("over")
    world.acknowledge(taken, world.bo)
    respond.resolve(incident_id=over.pk, by=Actor.person(world.ana), now=world.now)
    return new, taken, over


def statuses(*rows):
    return [Incident.objects.get(pk=row.pk).status for row in rows]


def test_acknowledge_does_it_to_those_that_nobody_is_on_and_says_why_not_to_others(api, world, rows):
    new, taken, over = rows
    body = {"incidents": [over.pk, taken.pk, new.pk, new.pk, 999_999], "reason": "all one"}
    answer = api.post("/api/v1/incidents/acknowledge", body, format="json")
    assert answer.status_code == 200
    assert answer.json() == {
        "done": [new.pk],
        "refused": [
            {"incident": taken.pk, "why": f"Incident #{taken.pk} is already acknowledged by Bo Lind."},
            {"incident": over.pk, "why": f"Incident #{over.pk} is already resolved by Ana Ruiz."},
            {"incident": 999_999, "why": "There is no incident #999999."},
        ],
    }
    assert statuses(*rows) == ["acknowledged", "acknowledged", "resolved"]
    assert "Bo Lind (API): acknowledged; everyone's paging stops (all one)" in world.timeline(new)


@pytest.mark.parametrize("slash", ["", "/"])
def test_resolve_ends_each_with_its_alerts(api, world, rows, slash):
    new, taken, over = rows
    body = {"incidents": [one.pk for one in rows]}
    answer = api.post(f"/api/v1/incidents/resolve{slash}", body, format="json").json()
    assert answer["done"] == [new.pk, taken.pk]
    assert [one["incident"] for one in answer["refused"]] == [over.pk]
    assert statuses(*rows) == ["resolved"] * 3
    assert not new.alerts.filter(status="open").exists()


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
@pytest.mark.parametrize(
    "body",
    [{}, {"incidents": []}, {"incidents": "1"}, {"incidents": [None]}, {"incidents": [1] * 101}, [], "x"],
)
def test_bad_input_is_refused(api, world, rows, verb, body):
    assert api.post(f"/api/v1/incidents/{verb}", body, format="json").status_code == 400
    assert statuses(*rows) == ["triggered", "acknowledged", "resolved"]


def test_more_than_a_hundred_are_refused_whole(world, rows):
    for ids, said in (([], "Choose at least one"), (range(1, 102), "At most 100 incidents .* 101")):
        with pytest.raises(Refused, match=said):
            bulk.resolve(incident_ids=ids, by=TESTS, now=world.now)


def test_one_incident_s_own_address_still_acts_on_it_alone(api, rows):
    new, _, _ = rows
    assert api.post(f"/api/v1/incidents/{new.pk}/resolve").json()["status"] == "resolved"
