"""What a change would cost, by HTTP: for those who manage somebody, about nobody else."""

import pytest
import time_machine

from oncall.compensation.models import Statement
from tests.oncall.api.caller import Caller
from tests.oncall.compensation.payroll import NOW, Payroll
from tests.oncall.compensation.test_reckoning import hourly

pytestmark = pytest.mark.django_db
JUNE = {"since": "2025-06-01", "until": "2025-07-01"}
DOUBLE = {"plans": [{"plan": "UK", "terms": hourly("2")}]}


@pytest.fixture
def payroll():
    made = Payroll()
    with time_machine.travel(NOW, tick=False):
        yield made


@pytest.fixture
def ask(payroll):
    def asked(name, **body):
        return Caller(getattr(payroll, name), now=NOW).post("pay/compare", JUNE | body)

    return asked


def test_a_manager_compares_other_terms_for_their_people(ask):
    answer = ask("mia", **DOUBLE)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    ana = next(one for one in found["people"] if one["user"] == "ana")
    assert ana["before"] == {
        "amounts": {"GBP": "720.00"}, "hours": {"all": "720.00"}, "call_outs": 0, "lieu_minutes": 0,
        "unpaid_hours": "0.00",
    }  # fmt: skip
    assert (ana["after"]["amounts"], ana["difference"]) == ({"GBP": "1440.00"}, {"GBP": "720.00"})
    assert found["whole"] == ana | {"user": None}
    assert (found["left_out"], found["notes"]) == (False, [])
    assert not Statement.objects.exists()


def test_who_manages_nobody_is_told_so_and_who_manages_others_hears_of_no_such_plan(ask):
    assert ask("ana", **DOUBLE).status_code == 403
    answer = ask("kim", **DOUBLE)
    assert answer.status_code == 400
    assert "no pay plan “UK”" in answer.content.decode()
    assert "720" not in answer.content.decode()


def test_of_people_whom_the_manager_may_not_see_nothing_is_said_but_that_there_are_some(payroll, ask):
    payroll.members(payroll.team, {payroll.bo: "responder", payroll.mia: "manager"})
    found = ask("mia", **DOUBLE).json()
    assert {one["user"] for one in found["people"]} <= {"bo", "mia"}
    assert found["left_out"]
    assert "ana" not in str(found)
    assert found["whole"]["after"]["amounts"] == {}


def test_a_new_plan_for_a_team_in_another_currency(ask):
    new = {"currency": "EUR", "terms": hourly("1"), "teams": ["Shop"]}
    found = ask("mia", new_plans=[new]).json()
    assert found["whole"]["difference"] == {"EUR": "720.00", "GBP": "-720.00"}


def test_another_rotation_is_for_those_who_manage_the_schedules_team(payroll, ask):
    payroll.pager.team = payroll.team
    payroll.pager.save()
    layer = {"name": "L", "participants": ["bo"], "start": "2025-01-01T00:00", "shift_length": "1d"}
    other = {"schedule": "Checkout", "definition": {"roles": {"primary": {"layers": [layer]}}}}
    assert ask("kim", rotations=[other]).status_code == 403
    answer = ask("mia", rotations=[other])
    assert answer.status_code == 200, answer.content
    people = {one["user"]: one["after"]["amounts"] for one in answer.json()["people"]}
    assert people == {"ana": {}, "bo": {"GBP": "720.00"}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Name a change"),
        (DOUBLE | {"until": "2025-06-01"}, "has to lie after"),
        (DOUBLE | {"until": "2026-09-01"}, "at most 366 days"),
        (DOUBLE | {"since": "0001-01-01", "until": "0001-02-01"}, "has to lie after"),
        (DOUBLE | {"since": "yesterday"}, "since"),
        ({"plans": [{"plan": "UK", "terms": hourly("-1")}]}, "negative"),
        ({"plans": [{"plan": "UK", "terms": {"standbye": []}}]}, "standby"),
        ({"plans": [{"plan": "UX", "terms": {}}]}, "there is “UK”"),
        ({"new_plans": [{"currency": "EURO", "terms": {}, "teams": ["Shop"]}]}, "currency"),
        ({"new_plans": [{"currency": "EUX", "terms": {}, "teams": ["Shop"]}]}, "not a currency"),
        ({"new_plans": [{"currency": "EUR", "terms": {}}]}, "whom it would pay"),
        ({"new_plans": [{"currency": "EUR", "terms": {}, "teams": ["Shpo"]}]}, "did you mean “Shop”"),
        ({"new_plans": [{"currency": "EUR", "terms": {}, "people": ["an"]}]}, "no person “an”"),
        ({"rotations": [{"schedule": "Chekout"}]}, "did you mean “Checkout”"),
        ({"plans": "all"}, "plans"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(ask, body, said):
    answer = ask("root", **body)
    assert answer.status_code == 400, answer.content
    assert said in answer.content.decode()
