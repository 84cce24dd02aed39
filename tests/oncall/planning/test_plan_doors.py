"""The doors of planning: the command, the API and the admin's page propose, accept and refuse."""

import json
from datetime import date

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.models import TemporarySchedule
from oncall.selectors import final_shifts
from oncall.solver import process
from people import actions as people
from people.ledger.models import Entry
from people.models import User
from tests.oncall.feeds.office import NEXT_WEEK, NOW, TESTS, WEEK, Office

SPAN = ("--since", "2026-03-09T09:00", "--until", "2026-04-20T09:00")
ASKED = {"since": "2026-03-09T09:00", "until": "2026-04-20T09:00", "seconds": 30}
UNTIL = NEXT_WEEK + 6 * WEEK


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(db) -> Office:
    """Three people take weeks; Bo is away in the week of 16 March, when the rotation has him or not."""
    office = Office()
    office.three = office.rotation("Three", [office.ana.pk, office.bo.pk, office.mia.pk])
    return office


def proposed(office) -> dict:
    return json.loads(office.command("plan", "Three", *SPAN, "--seconds", "30", "--format", "json"))


def client(user) -> Client:
    token = people.create_token(user=user, by=TESTS, now=NOW)
    return Client(headers={"Authorization": f"Bearer {token}"})


def post(who: Client, path: str, body: object):
    return who.post(f"/api/v1/schedules/{path}", json.dumps(body), "application/json")


def test_two_proposals_from_one_state_are_the_same(office):
    one, other = proposed(office), proposed(office)
    for of in (one, other):
        of.pop("seconds"), of.pop("notes")
    assert one == other
    assert one["proven"]


def test_who_is_away_gets_no_turn_then_and_the_rest_is_shared_out(office):
    actions.add_time_off(user=office.bo, start=date(2026, 3, 9), end=date(2026, 3, 17), by=TESTS, now=NOW)
    found = proposed(office)
    assert "bo" not in {user for turn in found["turns"][:2] for user in turn["users"]}
    for before, after in zip(found["turns"], found["turns"][1:], strict=False):
        assert before["users"] != after["users"]
    assert all(row["plan"]["time_off"] == 0 for row in found["figures"])
    assert {row["plan"]["turns"] for row in found["figures"]} == {2}


def test_an_accepted_plan_is_what_was_shown_and_the_roster_pages_it(office):
    actions.add_time_off(user=office.bo, start=date(2026, 3, 9), end=date(2026, 3, 17), by=TESTS, now=NOW)
    office.command("plan", "Three", *SPAN, "--seconds", "30", "--accept")
    shown = final_shifts(office.three, since=NEXT_WEEK, until=UNTIL, split_at_handoffs=True)
    assert {shift.override for shift in shown} == {"temporary"}
    names = dict(User.objects.values_list("pk", "username"))
    assert "bo" not in [names[shift.user] for shift in shown[:2]]
    assert shown[0].start == NEXT_WEEK
    assert shown[-1].end == UNTIL
    assert Entry.objects.get(verb="plan.accepted").subject_id == office.three.pk


def test_the_api_proposes_and_accepts_for_managers_alone(office):
    actions.add_time_off(user=office.bo, start=date(2026, 3, 9), end=date(2026, 3, 17), by=TESTS, now=NOW)
    assert post(client(office.ana), "Three/plan", ASKED).status_code == 403
    assert post(client(office.ana), "Three/plan/accept", {}).status_code == 403
    mia = client(office.mia)
    found = post(mia, "Three/plan", ASKED).json()
    answer = post(mia, "Three/plan/accept", found)
    assert answer.status_code == 201, answer.content
    shown = final_shifts(office.three, since=NEXT_WEEK, until=UNTIL, split_at_handoffs=True)
    names = dict(User.objects.values_list("pk", "username"))
    assert [names[one.user] for one in shown] == [one["user"] for one in found["shifts"]]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda plan: plan["shifts"].pop(), "somebody could"),
        (lambda plan: plan["shifts"].append(plan["shifts"][0] | {"user": "zed"}), "not a turn"),
        (lambda plan: plan["shifts"][0].update(end="2026-03-12T09:00:00Z"), "turn that this"),
        (lambda plan: plan["shifts"][0].update(user="nobody\x00"), "user"),
        (lambda plan: plan.update(revision=plan["revision"] + 1), "was changed"),
        (lambda plan: plan.update(shifts="all"), "shifts"),
        (lambda plan: plan.update(since="0001-01-01T00:00:00Z"), "years away"),
        (lambda plan: plan.update(until="9999-12-31T00:00:00Z"), "years away from now"),
        (lambda plan: plan.update(until="2028-01-01T00:00:00Z"), "More than a year"),
    ],
)
def test_what_is_not_the_proposal_is_refused_and_nothing_is_written(office, spoil, says):
    mia = client(office.mia)
    plan = post(mia, "Three/plan", ASKED).json()
    spoil(plan)
    answer = post(mia, "Three/plan/accept", plan)
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not TemporarySchedule.objects.exists()


def test_a_roster_or_time_off_that_changed_since_refuses_the_plan(office):
    mia = client(office.mia)
    plan = post(mia, "Three/plan", ASKED).json()
    first = User.objects.get(username=plan["shifts"][0]["user"])
    actions.add_time_off(user=first, start=date(2026, 3, 10), end=date(2026, 3, 11), by=TESTS, now=NOW)
    assert post(mia, "Three/plan/accept", plan).status_code == 400
    plan = post(mia, "Three/plan", ASKED).json()
    office.override(office.bo, NEXT_WEEK, NEXT_WEEK + WEEK, schedule=office.three)
    assert "was changed" in post(mia, "Three/plan/accept", plan).content.decode()


def test_where_everybody_is_away_the_plan_says_when_and_leaves_only_that_to_nobody(office):
    for user in (office.ana, office.bo, office.mia):
        actions.add_time_off(user=user, start=date(2026, 3, 18), end=date(2026, 3, 20), by=TESTS, now=NOW)
    found = proposed(office)
    gaps = [(turn["start"], turn["end"]) for turn in found["turns"] if not turn["users"]]
    assert gaps == [("2026-03-18T00:00:00Z", "2026-03-20T00:00:00Z")]
    assert "everybody is away from Wed 18 Mar 2026 00:00 to Fri 20 Mar 2026 00:00" in found["notes"][0]


def test_without_the_solver_the_command_says_how_to_install_it(office, monkeypatch):
    monkeypatch.setattr(process, "INSTALLED", False)
    with pytest.raises(Exception, match="pip install") as caught:
        proposed(office)
    assert caught.value.returncode == 2


def test_the_admins_page_proposes_and_accepts(office):
    User.objects.filter(pk=office.mia.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(office.mia, backend="django.contrib.auth.backends.ModelBackend")
    page = f"/admin/oncall/schedule/{office.three.pk}/plan/"
    assert browser.get(page).status_code == 200
    answer = browser.post(page, {"since": "2026-03-09", "until": "2026-04-20", "seconds": "30"})
    assert "Proven" in answer.content.decode()
    kept = answer.content.decode().split('name="accept" value="')[1].split('"')[0]
    assert browser.post(page, {"accept": kept + "x"}).url == page
    assert browser.post(page, {"accept": kept}).url.endswith("/change/")
    assert Entry.objects.filter(verb="plan.accepted", actor=office.mia).count() == 1
