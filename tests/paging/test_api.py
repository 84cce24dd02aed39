"""How one is reached, over the API: methods, rules and test page of one's own; and who is ready."""

import json

import pytest
import time_machine

from paging import dispatch
from paging.actions import contacts
from paging.models import ContactMethod, NotificationRule, Verification
from people import actions as people
from tests.oncall.api.caller import Caller as Bearer
from tests.world import TESTS, World

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+14155550131"


class Caller(Bearer):
    def put(self, path, body):
        return self.client.put(f"/api/v1/{path}", json.dumps(body), "application/json")


@pytest.fixture
def world(transactional_db):
    world = World()
    with time_machine.travel(world.now, tick=False):
        yield world


@pytest.fixture
def bo(world):
    return Caller(world.bo, now=world.now)


@pytest.fixture
def ana(world):
    return Caller(world.ana, now=world.now)


def add(caller, kind="sms", address=NUMBER):
    return caller.post("me/contact-methods", {"kind": kind, "address": address})


def code(world, capsys):
    capsys.readouterr()
    dispatch.send_due(clock=lambda: world.now)
    (line,) = [one for one in capsys.readouterr().out.splitlines() if "is your code" in one]
    return json.loads(line)["outbox"]["text"].split()[0]


def test_a_method_is_added_verified_listed_and_removed(world, bo, capsys):
    made = add(bo, address="+1 415 555 0131")
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "kind": "sms",
        "address": NUMBER,
        "state": "waiting",
        "verified_at": None,
        "disabled_reason": "",
        "signing_secret": "",
    }
    path = f"me/contact-methods/{made.json()['id']}"
    verified = bo.post(f"{path}/verify", {"code": code(world, capsys)})
    assert (verified.status_code, verified.json()["state"]) == (200, "usable")
    assert [row["state"] for row in bo.get("me/contact-methods").json()] == ["usable", "usable"]
    assert bo.delete(path).status_code == 204
    assert bo.get(path).json()["state"] == "disabled"
    assert bo.post(f"{path}/code").status_code == 400  # the last one was a moment ago


def test_refusals_are_the_sentences_of_the_page(world, bo, capsys):
    assert add(bo, address="12").json() == {
        "non_field_errors": ["“12” is not a phone number; write it with its country, such as +14155550101."]
    }
    method = add(bo).json()["id"]
    right = code(world, capsys)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    said = [bo.post(f"me/contact-methods/{method}/verify", {"code": wrong}).json() for _ in range(6)]
    assert "4 more tries" in said[0]["non_field_errors"][0]
    assert "locked; ask for a new code in 15 min" in said[5]["non_field_errors"][0]
    assert Verification.objects.get().wrong == 5


def test_the_methods_of_another_are_not_there(world, ana):
    method = world.bo.contact_methods.get().pk
    path = f"me/contact-methods/{method}"
    answers = [
        ana.get(path),
        ana.delete(path),
        ana.post(f"{path}/code"),
        ana.post(f"{path}/verify", {"code": "123456"}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert ContactMethod.objects.get(pk=method).disabled_reason == ""
    assert not Verification.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "sms"},
        {"kind": "pigeon", "address": "coop"},
        {"kind": "sms", "address": "\x00"},
        {"kind": "sms", "address": "1" * 10_000},
        {"kind": ["sms"], "address": {"a": 1}},
        [1, 2],
        b"{",
    ],
)
def test_nonsense_adds_nothing(bo, body, world):
    assert bo.post("me/contact-methods", body).status_code == 400
    assert ContactMethod.objects.filter(user=world.bo).count() == 1


@pytest.mark.parametrize("given", ["", "12345", "\x00", "x" * 10_000, None, ["123456"], 1.5])
def test_what_is_no_code_is_refused_and_no_guess(bo, given):
    method = add(bo).json()["id"]
    assert bo.post(f"me/contact-methods/{method}/verify", {"code": given}).status_code == 400
    assert Verification.objects.get().wrong == 0


def test_rules_are_replaced_whole(bo):
    wanted = {
        "high": [{"via": "sms", "after_seconds": 0}, {"via": "voice", "after_seconds": 120}],
        "low": [{"via": "email", "after_seconds": 0}],
    }
    assert bo.put("me/rules", wanted).json() == wanted
    assert bo.get("me/rules/").json() == wanted
    assert bo.put("me/rules", {"high": [], "low": []}).json() == {"high": [], "low": []}


@pytest.mark.parametrize(
    "high",
    [
        [{"via": "pigeon", "after_seconds": 0}],
        [{"via": "sms", "after_seconds": -1}],
        [{"via": "sms", "after_seconds": 86_401}],
        [{"via": "\x00", "after_seconds": 0}],
        [{"via": "sms"}],
        [{"via": "sms", "after_seconds": n} for n in range(21)],
        "sms",
        None,
    ],
)
def test_rules_that_make_no_sense_change_nothing(bo, high):
    bo.put("me/rules", {"high": [{"via": "sms", "after_seconds": 0}], "low": []})
    answer = bo.put("me/rules", {"high": high, "low": [{"via": "email", "after_seconds": 0}]})
    assert answer.status_code == 400
    assert list(NotificationRule.objects.values_list("via", "urgency")) == [("sms", "high")]


def test_a_test_page_is_sent_and_watched(world, bo):
    assert bo.get("me/test-page").status_code == 404
    sent = bo.post("me/test-page")
    assert sent.status_code == 201
    (message,) = sent.json()["messages"]
    assert (message["via"], message["state"], message["means"]) == (
        "email",
        "pending",
        "waiting for its time",
    )
    dispatch.send_due(clock=lambda: world.now)
    assert bo.get("me/test-page").json()["messages"][0]["state"] == "sent"
    again = bo.post("me/test-page", {"urgency": "low"})
    assert again.status_code == 400
    assert "in 60 s" in again.json()["non_field_errors"][0]
    assert bo.post("me/test-page", {"urgency": "urgent"}).status_code == 400


def test_readiness_is_said_of_oneself_and_to_managers_of_their_people(world, bo, capsys):
    add(bo)
    zoe = world.person("zoe", "Zoe Voss")
    search = people.create_team(name="Search", by=TESTS, now=world.now)
    people.set_members(team=search, members={zoe: "manager"}, by=TESTS, now=world.now)
    contacts.disable_contact_method(
        method=world.ana.contact_methods.get(), reason="the mailbox is full", by=TESTS, now=world.now
    )
    mine = bo.get("readiness").json()["results"]
    assert [row["user"] for row in mine] == ["bo"]
    managed = Caller(world.mia, now=world.now).get("readiness")
    rows = {row["user"]: row for row in managed.json()["results"]}
    assert set(rows) == {"ana", "bo", "mia"}
    assert rows["ana"]["ready"] is False
    assert [one["lack"] for one in rows["ana"]["remarks"]] == ["no_way", "disabled"]
    assert {"lack": "unverified", "what": "unverified: SMS (+1415…0131)"}.items() <= rows["bo"]["remarks"][
        0
    ].items()
    sent = code(world, capsys)
    everything = managed.content.decode()
    assert sent not in everything
    assert NUMBER not in everything
    assert [row["user"] for row in Caller(zoe, now=world.now).get("readiness").json()["results"]] == ["zoe"]


def test_nothing_is_said_without_a_token(world, client):
    for path in ("me/contact-methods", "me/rules", "me/test-page", "readiness"):
        assert client.get(f"/api/v1/{path}").status_code == 401
