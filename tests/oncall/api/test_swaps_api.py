"""Swaps by HTTP: who may ask, take, approve, decline and withdraw, and how nonsense is refused."""

from functools import partial

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.models import Override, Swap
from people import actions as people
from people.ledger.models import Entry
from people.models import Membership, Team, User
from tests.oncall.api.caller import Caller
from tests.oncall.noon import Noon
from tests.racing import at_once
from tests.world import TESTS

ASKED = {"schedule": "Noon", "role": "primary", "start": "2026-03-03T12:00", "end": "2026-03-03T15:00"}
DOORS = ["take", "approve", "decline", "withdraw"]


@pytest.fixture
def noon(db):
    """Ana is on; Bo and Cy could help, Oda observes, Mia and Max manage, Eve manages another team."""
    noon = Noon()
    for name in ("eve", "max", "oda"):
        setattr(noon, name, noon.person(name, name.title()))
    noon.root = User.objects.create_superuser("root", "root@example.com", "x")
    other = Team.objects.create(name="Others")
    for team, user, role in (
        (noon.team, noon.max, "manager"),
        (noon.team, noon.oda, "observer"),
        (other, noon.eve, "manager"),
    ):
        Membership.objects.create(team=team, user=user, role=role)
    with time_machine.travel(noon.now, tick=False):
        yield noon


@pytest.fixture
def call(noon):
    return lambda name: Caller(User.objects.get(username=name), now=noon.now)


def test_who_asks_is_told_what_was_asked_and_who_takes_it_is_on(noon, call):
    asked = call("ana").post("swaps", ASKED | {"reason": "dentist"})
    assert asked.status_code == 201
    made = asked.json()
    assert made == {
        "id": Swap.objects.get().pk,
        "schedule": "Noon",
        "role": "primary",
        "giver": "ana",
        "start": "2026-03-03T12:00:00Z",
        "end": "2026-03-03T15:00:00Z",
        "offered_to": None,
        "reason": "dentist",
        "urgent": False,
        "state": "open",
        "asked_at": "2026-03-02T08:00:00Z",
        "asked_by": "ana",
        "taker": None,
        "taken_at": None,
        "decided_at": None,
        "decided_by": None,
    }
    assert noon.on() == ["ana 12-15"]
    taken = call("cy").post(f"swaps/{made['id']}/take")
    assert taken.status_code == 200
    assert (taken.json()["state"], taken.json()["taker"], taken.json()["advice"]) == ("done", "cy", [])
    assert noon.on() == ["cy 12-15"]
    assert Entry.objects.get(verb="swap.taken").actor_name == "Cy Moss (API)"


def test_who_takes_it_though_away_or_tired_or_unreachable_is_advised(noon, call):
    dan = people.create_user(username="dan", name="Dan Poe", by=TESTS, now=noon.now)
    Membership.objects.create(team=noon.team, user=dan, role="responder")
    noon.override("cover", dan, 17, 20)
    actions.add_time_off(
        user=dan,
        start=noon.now.date(),
        end=noon.now.date().replace(day=9),
        reason="x",
        by=TESTS,
        now=noon.now,
    )
    answer = call("dan").post(f"swaps/{noon.ask(12, 15).pk}/take")
    away, tired, unheard = answer.json()["advice"]
    assert away.startswith("Dan Poe: away ")
    assert tired == "Dan Poe: 2 h before primary of Noon."
    assert "no usable contact method" in unheard
    assert noon.on() == ["dan 12-15", "dan 17-20"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("ana", 201), ("mia", 201), ("root", 201), ("bo", 403), ("oda", 403), ("eve", 403)],
)
def test_the_giver_and_managers_ask(noon, call, name, status):
    answer = call(name).post("swaps", ASKED | {"giver": "ana"})
    assert answer.status_code == status
    assert Swap.objects.count() == (status == 201)
    if status == 403:
        assert answer.json()["detail"].startswith("Only Ana Ruiz, managers of Noon's team and superusers")


@pytest.mark.parametrize(
    ("name", "status"), [("bo", 200), ("mia", 200), ("ana", 400), ("oda", 400), ("eve", 400), ("root", 400)]
)
def test_those_of_the_team_take(noon, call, name, status):
    answer = call(name).post(f"swaps/{noon.ask(12, 15).pk}/take")
    assert answer.status_code == status
    assert noon.on() == ([f"{name} 12-15"] if status == 200 else ["ana 12-15"])


def test_what_one_person_was_asked_is_not_anothers_to_take(noon, call):
    swap = noon.ask(12, 15, offered_to=noon.bo)
    answer = call("cy").post(f"swaps/{swap.pk}/take")
    assert (answer.status_code, answer.json()) == (
        400,
        {"non_field_errors": ["Ana Ruiz asked Bo Lind alone; a manager may put you on instead."]},
    )
    assert call("bo").post(f"swaps/{swap.pk}/take").status_code == 200


@pytest.mark.parametrize(
    ("name", "status"),
    [("max", 200), ("root", 200), ("mia", 403), ("ana", 403), ("bo", 403), ("oda", 403), ("eve", 403)],
)
def test_managers_who_are_no_part_of_it_approve(noon, call, name, status):
    Team.objects.filter(pk=noon.team.pk).update(swaps_need_approval=True)
    swap = noon.ask(12, 15)
    assert call("mia").post(f"swaps/{swap.pk}/take").json()["state"] == "taken"
    assert noon.on() == ["ana 12-15"], "until a manager approves the giver stays on"
    assert call(name).post(f"swaps/{swap.pk}/approve").status_code == status
    assert noon.on() == (["mia 12-15"] if status == 200 else ["ana 12-15"])


@pytest.mark.parametrize(
    ("name", "status"),
    [("bo", 200), ("mia", 200), ("root", 200), ("ana", 403), ("cy", 403), ("oda", 403), ("eve", 403)],
)
def test_who_was_asked_and_managers_decline(noon, call, name, status):
    swap = noon.ask(12, 15, offered_to=noon.bo)
    answer = call(name).post(f"swaps/{swap.pk}/decline", {"reason": "in the mountains"})
    assert answer.status_code == status
    swap.refresh_from_db()
    assert swap.state == ("declined" if status == 200 else "open")
    assert Entry.objects.filter(verb="swap.declined", why="in the mountains").exists() == (status == 200)


@pytest.mark.parametrize(
    ("name", "status"), [("ana", 200), ("mia", 200), ("root", 200), ("bo", 403), ("oda", 403), ("eve", 403)]
)
def test_the_giver_and_managers_withdraw(noon, call, name, status):
    swap = noon.ask(12, 15, offered_to=noon.bo)
    assert call(name).post(f"swaps/{swap.pk}/withdraw").status_code == status
    swap.refresh_from_db()
    assert swap.state == ("withdrawn" if status == 200 else "open")


def test_who_comes_too_late_hears_who_was_quicker(noon, call):
    swap = noon.take(noon.ask(12, 15), noon.bo)
    for name, door in (("cy", "take"), ("mia", "decline"), ("ana", "withdraw")):
        answer = call(name).post(f"swaps/{swap.pk}/{door}")
        assert answer.status_code == 409
        assert answer.json() == {"detail": "Bo Lind was quicker and took it at 2026-03-02 08:00 UTC."}
    assert call("mia").post(f"swaps/{swap.pk}/approve").status_code == 409
    assert noon.on() == ["bo 12-15"]


def test_nobody_does_anything_without_a_token_and_none_is_none(noon, call):
    swap = noon.ask(12, 15)
    for door in DOORS:
        assert Client().post(f"/api/v1/swaps/{swap.pk}/{door}").status_code == 401
        for number in (swap.pk + 1, 0, 10**30):
            assert call("root").post(f"swaps/{number}/{door}").status_code == 404
    assert Client().get("/api/v1/swaps").status_code == 401
    assert call("root").get(f"swaps/{10**30}").status_code == 404
    assert call("bo").get(f"swaps/{swap.pk}/").json()["state"] == "open"


def test_swaps_are_listed_latest_first_by_schedule_state_and_whose(noon, call):
    first, second = noon.ask(12, 15), noon.ask(12, 15, day=2, offered_to=noon.bo)
    third = noon.take(noon.ask(12, 15, day=3), noon.cy)

    def listed(name: str, **query) -> list[int]:
        return [row["id"] for row in call(name).get("swaps", **query).json()["results"]]

    assert listed("oda") == [third.pk, second.pk, first.pk]
    assert listed("oda", state="open") == [second.pk, first.pk]
    assert listed("oda", state=["done", "open"]) == [third.pk, second.pk, first.pk]
    assert listed("oda", schedule="Noon", state="done") == [third.pk]
    assert listed("oda", schedule="Payments") == []
    assert listed("oda", mine="true") == []
    assert listed("bo", mine="true") == [second.pk]
    assert listed("cy", mine="true") == [third.pk]
    assert listed("ana", mine="true") == [third.pk, second.pk, first.pk]
    assert call("ana").get("swaps", state="lost").status_code == 400
    assert call("ana").get("swaps", schedule="\x00").status_code == 400
    assert call("ana").get("swaps", mine="\x00").status_code == 400
    assert call("ana").get("swaps", cursor="cD0lMDA=").status_code == 404


BAD_INPUT = [
    ({"schedule": "Non"}, "schedule", "did you mean “Noon”?"),
    ({"schedule": "\x00"}, "schedule", "There is no schedule “?”"),
    ({"schedule": 5}, "schedule", "There is no schedule “5”"),
    ({"role": "primry"}, "role", "did you mean “primary”?"),
    ({"role": "p\x00"}, "role", "Null characters are not allowed"),
    ({"role": "p" * 41}, "role", "no more than 40"),
    ({"start": "soon"}, "start", "“soon” is not a time"),
    ({"end": "2026-03-03T12:00"}, "end", "must come after the start"),
    ({"start": "1902-01-01", "end": "8998-01-01"}, "end", "More than ten years"),
    ({"end": "2028-03-03"}, "non_field_errors", "longer than a year"),
    ({"start": "2026-03-01", "end": "2026-03-02"}, "non_field_errors", "the past is nobody's to give"),
    ({"start": "8997-01-01", "end": "8997-06-01"}, "", ""),
    ({"start": "2026-03-03T16:00", "end": "2026-03-03T17:00"}, "non_field_errors", "carries nothing"),
    ({"giver": "boo"}, "giver", "did you mean “bo”?"),
    ({"giver": None}, "giver", "may not be null"),
    ({"giver": "bo"}, "non_field_errors", "Bo Lind carries nothing"),
    ({"offered_to": "\x00"}, "offered_to", "There is no person “?”"),
    ({"offered_to": "ana"}, "non_field_errors", "cannot take their own shift"),
    ({"offered_to": "eve"}, "non_field_errors", "neither stands in"),
    ({"reason": "x" * 201}, "reason", "no more than 200"),
    ({"reason": "\ud800"}, "reason", "Surrogate characters are not allowed"),
]


def test_bad_input_is_400_with_a_sentence_at_its_field(noon, call, subtests):
    mia = call("mia")
    for change, field, sentence in BAD_INPUT:
        with subtests.test(ascii(change)):
            answer = mia.post("swaps", ASKED | {"giver": "ana"} | change)
            if not field:
                assert answer.status_code == 201
                Swap.objects.all().delete()
                continue
            assert (answer.status_code, list(answer.json())) == (400, [field])
            assert sentence in answer.json()[field][0]
            assert not Swap.objects.exists()
    for body in ([], "{", b"\xff", "null", "3", '"x"', ""):
        with subtests.test(ascii(body)):
            assert mia.post("swaps", body or " ").status_code == 400


def test_markup_in_a_reason_stays_what_it_is(noon, call):
    said = "<script>alert(1)</script>"
    assert call("ana").post("swaps", ASKED | {"reason": said}).json()["reason"] == said


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_by_http_one_does_and_one_hears_so():
    noon = Noon()
    callers = [Caller(user, now=noon.now) for user in (noon.bo, noon.cy)]
    for day in range(1, 4):
        swap = noon.ask(12, 15, day=day)
        with time_machine.travel(noon.now, tick=False):
            answers = at_once(*(partial(caller.post, f"swaps/{swap.pk}/take") for caller in callers))

        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert (won.status_code, lost.status_code) == (200, 409)
        assert "was quicker" in lost.json()["detail"]
        assert [row.user.username for row in Override.objects.filter(swap=swap)] == [won.json()["taker"]]
