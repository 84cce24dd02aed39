"""`/api/v1/routing-rules`: who may route what where, and what the ledger keeps of it."""

import pytest
import time_machine
from rest_framework.test import APIClient

from escalation.models import RoutingRule
from people.actions import create_token, set_members
from people.ledger.models import Entry
from tests.world import TESTS

LIST = "/api/v1/routing-rules/"


def client(user, world):
    made = APIClient()
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=user, by=TESTS, now=world.now)}")
    return made


@pytest.fixture
def mia(world):
    """Mia manages the service's team, and not that of shop-db."""
    with time_machine.travel(world.now, tick=False):
        yield client(world.mia, world)


@pytest.fixture
def both(world, mia):
    """Mia manages both."""
    members = {world.dee: "responder", world.zoe: "manager", world.mia: "manager"}
    set_members(team=world.data, members=members, by=TESTS, now=world.now)
    return mia


def ask(**changed):
    return {"service": "payments-api", "match": {"alertname": "Disk*"}, "to_service": "shop-db", **changed}


def written(world):
    rows = Entry.objects.filter(
        subject_type="service", subject_id=world.service.pk, verb__startswith="routing_rule."
    )
    return [entry.what for entry in rows.order_by("pk")]


def test_a_manager_of_both_makes_changes_moves_and_takes_out_a_rule(world, both):
    first = both.post(LIST, ask(), format="json")
    assert (first.status_code, first.json()["position"]) == (201, 1)
    second = both.post(
        LIST, ask(match={"env": "staging"}, to_service=None, severity="SEV-4"), format="json"
    ).json()
    address = f"{LIST}{second['id']}/"
    assert both.patch(address, {"urgency": "high"}, format="json").json()["severity"] == "SEV-4"
    assert both.post(f"{address}move/", {"position": 1}, format="json").json()["position"] == 1
    assert [row["id"] for row in both.get(f"{LIST}?service=payments-api").json()["results"]] == [
        second["id"],
        first.json()["id"],
    ]
    assert both.delete(f"{LIST}{second['id']}").status_code == 204
    assert list(RoutingRule.objects.values_list("position", flat=True)) == [1]
    assert written(world) == [
        "made routing rule 1 of service payments-api: alertname=Disk* goes to shop-db",
        "made routing rule 2 of service payments-api: env=staging counts as SEV-4",
        "changed routing rule 2 of service payments-api: env=staging counts as SEV-4, high urgency",
        "moved routing rule 2 of service payments-api to place 1: env=staging",
        "took out routing rule 1 of service payments-api: env=staging counts as SEV-4, high urgency",
    ]


def test_nobody_has_another_team_paged_who_does_not_manage_it(world, mia):
    assert mia.post(LIST, ask(), format="json").status_code == 403
    mine = mia.post(LIST, ask(to_service=None, severity="SEV-3"), format="json").json()
    assert mia.patch(f"{LIST}{mine['id']}/", {"to_service": "shop-db"}, format="json").status_code == 403
    assert not RoutingRule.objects.filter(to_service__isnull=False).exists()


def test_a_rule_to_another_team_is_not_widened_by_one_but_taken_out_by_either(world, mia):
    rule = world.route(to=world.database)
    assert mia.patch(f"{LIST}{rule.pk}/", {"match": {"alertname": "*k*"}}, format="json").status_code == 403
    bo = client(world.bo, world)
    assert bo.delete(f"{LIST}{rule.pk}/").status_code == 403
    assert client(world.zoe, world).delete(f"{LIST}{rule.pk}/").status_code == 204
    again = world.route(to=world.database)
    assert mia.delete(f"{LIST}{again.pk}/").status_code == 204


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"match": {}}, "It names no label"),
        ({"match": {"a": "*"}}, "nothing but *"),
        ({"to_service": None}, "It says nothing of these alerts"),
        ({"to_service": "payments-api"}, "It leads to payments-api itself"),
        ({"to_service": "nowhere"}, "nowhere"),
        ({"severity": "SEV-9"}, "SEV-9"),
        ({"urgency": "support_hours"}, "support_hours"),
        ({"match": {"a": "b\x00"}}, "match"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(world, both, changed, words):
    answer = both.post(LIST, ask(**changed), format="json")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not RoutingRule.objects.exists()


def test_a_rule_is_tried_before_it_is_made(world, mia):
    world.fires()
    found = mia.post(f"{LIST}try/", ask(), format="json").json()
    assert (found["day"], found["first"][0]["would"]["service"]) == (
        {"matched": 1, "all": 1, "taken": 0},
        "shop-db",
    )
    assert mia.post(f"{LIST}try/", ask(match={}), format="json").status_code == 400
    assert not RoutingRule.objects.exists()


def test_a_name_that_no_database_holds_is_nobodys(world, both):
    for field in ("service", "to_service"):
        answer = both.post(LIST, ask(**{field: "shop\x00db"}), format="json")
        assert (answer.status_code, [*answer.json()]) == (400, [field])
