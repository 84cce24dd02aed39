"""Several write one plan at once: no two versions overlap, and nobody is paid by it twice."""

from datetime import UTC, date, datetime

import pytest

from oncall.actions import Refused
from oncall.compensation.actions import plans
from oncall.compensation.models import Assignment, PayPlan, PlanVersion
from tests.oncall.compensation.test_reckoning import BY, hourly, person
from tests.racing import outcomes_at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2025, 6, 11, 12, tzinfo=UTC)


def version(plan, user, begins, ends=None):
    return plans.set_version(
        plan=plan, effective_from=begins, effective_until=ends, terms=hourly("1"), people=[user], teams=(),
        places=(), by=BY, now=NOW,
    )  # fmt: skip


def test_of_two_versions_that_overlap_one_is_refused():
    ana = person("ana")
    plan = plans.create_plan(name="UK", currency="GBP", by=BY, now=NOW)
    outcomes = outcomes_at_once(
        lambda: version(plan, ana, date(2025, 1, 1), date(2025, 8, 1)),
        lambda: version(plan, ana, date(2025, 7, 1)),
    )
    assert sum(isinstance(one, Refused) for one in outcomes) == 1
    assert PlanVersion.objects.count() == 1


def test_the_same_version_at_once_is_there_once_and_names_everybody_once():
    ana = person("ana")
    plan = plans.create_plan(name="UK", currency="GBP", by=BY, now=NOW)
    outcomes = outcomes_at_once(*[lambda: version(plan, ana, None)] * 3)
    assert sum(one is None for one in outcomes) == 2
    assert (PlanVersion.objects.count(), Assignment.objects.count()) == (1, 1)


def test_of_two_plans_of_one_name_one_is_refused():
    def make():
        return plans.create_plan(name="UK", currency="GBP", by=BY, now=NOW)

    outcomes = outcomes_at_once(make, make)
    assert sum(isinstance(one, Refused) for one in outcomes) == 1
    assert PayPlan.objects.count() == 1
