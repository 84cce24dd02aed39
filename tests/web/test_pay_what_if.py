"""A manager tries other amounts for a plan and sees what a quarter would cost; nobody else does."""

import re

import pytest
import time_machine
from django.test import Client

from oncall.compensation.models import PlanVersion, Statement
from tests.oncall.compensation.payroll import NOW, Payroll
from tests.oncall.compensation.test_reckoning import hourly, plan

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
ADDRESS = "/pay/what-if"


@pytest.fixture
def payroll():
    made = Payroll(terms=hourly("1") | {"call_outs": {"pay": {"amount": "30"}}})
    with time_machine.travel(NOW, tick=False):
        yield made


@pytest.fixture
def page(payroll):
    def opened(name, **given):
        client = Client()
        client.force_login(getattr(payroll, name), BACKEND)
        return client.post(ADDRESS, given) if "post" in given else client.get(ADDRESS, given)

    return opened


def text(answer):
    assert answer.status_code == 200, answer.content
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def asked(payroll, amount, **more):
    given = {"plan": payroll.plan.plan_id, "quarter": "2025-Q2", "band-0": amount, "call-out": "30"}
    return {"post": "1"} | given | more


def test_a_manager_sees_the_plan_of_their_people_with_its_amounts_and_the_coming_quarter(page):
    shown = text(page("mia"))
    assert "UK (GBP)" in shown
    assert "1 Oct 2025 until 1 Jan 2026" in shown
    assert "All, per hour now 1" in shown
    assert "Called out, per hour now 30" in shown


def test_other_amounts_are_compared_over_a_quarter_that_is_over(page, payroll):
    shown = text(page("mia", **asked(payroll, "1.5")))
    assert "GBP +1,092.00" in shown  # 91 days
    assert "2,184.00 now, 3,276.00 then" in shown
    assert "ana" in shown
    assert "All 2184.00 h" in shown
    assert "others, too" not in shown
    assert PlanVersion.objects.get().terms == hourly("1") | {"call_outs": {"pay": {"amount": "30"}}}
    assert not Statement.objects.exists()


def test_of_a_quarter_ahead_it_says_that_no_call_outs_are_counted(page, payroll):
    shown = text(page("mia", **asked(payroll, "2", quarter="2025-Q4")))
    assert "No call-outs are counted: they lie ahead." in shown


@pytest.mark.parametrize(
    ("amount", "said"),
    [("-1", "negative"), ("much", "not a number"), ("", "not a number"), ("1e99", "twelve")],
)
def test_an_amount_that_is_none_is_refused_with_a_sentence_and_stays_in_its_field(
    page, payroll, amount, said
):
    answer = page("mia", **asked(payroll, amount))
    assert said in text(answer)
    assert f'value="{amount}"' in answer.content.decode()


def test_who_manages_nobody_finds_no_such_page_and_who_manages_others_no_such_plan(page, payroll):
    assert page("ana").status_code == 404
    assert page("ana", **asked(payroll, "2")).status_code == 404
    for answer in (page("kim"), page("kim", **asked(payroll, "2"))):
        assert "UK" not in text(answer)
        assert "No plan pays anybody" in text(answer)


def test_those_whom_a_manager_may_not_see_are_left_out_and_that_is_said(page, payroll):
    payroll.members(payroll.team, {payroll.bo: "responder", payroll.mia: "manager"})
    shown = text(page("mia", **asked(payroll, "2")))
    assert "others, too, whose pay you may not see" in shown
    assert "ana" not in shown
    assert "2,184" not in shown


def test_a_quarter_or_plan_that_is_not_offered_is_the_usual_one(page, payroll):
    plan("Other", "USD", hourly("5"), payroll.lou)
    for given in ({"quarter": "1066-Q4"}, {"quarter": "2025-Q9"}, {"plan": "x"}, {"plan": "999999"}):
        shown = text(page("mia", **given))
        assert "1 Oct 2025" in shown
        assert "Other" not in shown


def test_nobody_who_has_not_logged_in_sees_it(payroll):
    assert Client().get(ADDRESS).status_code == 302
