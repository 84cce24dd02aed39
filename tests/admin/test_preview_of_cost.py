"""Beside the preview of a schedule: what the coming quarter costs, to those who may see that pay."""

import pytest

from oncall.compensation.models import Assignment, PayPlan, PlanVersion, Statement
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.oncall.compensation.test_reckoning import hourly

QUARTER = "In the quarter from 1 Apr 2026 the people whom this concerns"


@pytest.fixture
def page(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/change/"


@pytest.fixture
def address(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/preview/"


def paid(world, amount, currency, *people):
    plan = PayPlan.objects.create(name=f"Plan {currency}", currency=currency)
    version = PlanVersion.objects.create(plan=plan, terms=hourly(amount), created_at=world.now)
    for user in people:
        Assignment.objects.create(version=version, user=user)


def shown(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_rotation_that_costs_more_says_how_much_and_nothing_is_written(world, mia, page, address):
    paid(world, "1", "GBP", world.ana)
    paid(world, "3", "EUR", world.bo)
    said = shown(mia.post(address, filled(mia.get(page), **{"layers-0-participants": "bo"})))
    assert QUARTER in said
    assert "<strong>EUR 6,552.00, as now</strong>" in said, (
        "Bo carries a role on each of the 91 days as it is"
    )
    assert "<strong>GBP 0.00 instead of 2,184.00 (-2,184.00)</strong>" in said
    assert not Statement.objects.exists()


def test_one_that_costs_as_much_says_so(world, mia, page, address):
    paid(world, "1", "GBP", world.ana, world.bo)
    said = shown(mia.post(address, filled(mia.get(page), **{"layers-0-participants": "bo, ana"})))
    assert "<strong>GBP 4,368.00, as now</strong>" in said


def test_where_nobody_is_paid_or_nobodys_turns_change_nothing_is_said(world, mia, page, address):
    data = filled(mia.get(page), **{"layers-0-participants": "bo"})
    assert QUARTER not in shown(mia.post(address, data))
    paid(world, "1", "GBP", world.ana)
    assert QUARTER not in shown(mia.post(address, filled(mia.get(page))))


def test_of_people_whom_one_may_not_see_there_is_no_figure(world, page, address):
    paid(world, "1", "GBP", world.ana, world.zoe)
    root = browser(world.root)
    data = filled(root.get(page), **{"layers-0-participants": "zoe"})
    assert "GBP 2,184.00" in shown(root.post(address, data))
    mia = browser(world.mia)
    said = shown(mia.post(address, data))
    assert "2,184.00 instead" not in said
    assert "and whose pay you may see" in said
