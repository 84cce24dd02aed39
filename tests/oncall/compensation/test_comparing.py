"""What another plan, or another rotation, would cost: both sides, and nothing that one may not see."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from oncall.actions import Refused
from oncall.compensation.comparing import Change, NewPlan, OtherRotation, compare
from oncall.compensation.core.reading import read_terms
from oncall.compensation.models import Assignment, PlanVersion, Statement
from oncall.core.definition import Definition
from oncall.models import ScheduleVersion
from oncall.unsaved import Draft
from tests.oncall.compensation.payroll import JULY, JUNE, NOW, Payroll
from tests.oncall.compensation.test_reckoning import hourly, person, plan
from tests.oncall.test_reading import daily

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHOLE = 30 * 24
OF_OCTOBER = 31 * 24 + 1  # in London
OCTOBER, NOVEMBER = date(2025, 10, 1), date(2025, 11, 1)


def terms(written, name="UK", currency="GBP"):
    return read_terms(written, plan=name, currency=currency, unit=Decimal("0.01"))


def asked(change, *seen, since=JUNE, until=JULY):
    return compare(change, seen=[user.pk for user in seen], since=since, until=until, now=NOW)


def amounts(one):
    return one.before.amounts, one.after.amounts


def draft(*people, **more):
    definition = Definition.from_json({"roles": {"primary": {"layers": [daily(*people)]}}})
    return Draft(time_zone="UTC", holidays="", definition=definition, **more)


def test_other_terms_of_a_plan_are_reckoned_beside_those_it_has():
    pay = Payroll()
    other = Change(terms={pay.plan.plan_id: terms(hourly("1.5"))})
    found = asked(other, pay.ana, pay.bo)
    ana = next(one for one in found.people if one.user == pay.ana.pk)
    assert amounts(ana) == ({"GBP": Decimal(WHOLE)}, {"GBP": Decimal(WHOLE) * 3 / 2})
    assert found.whole.differences() == {"GBP": Decimal(WHOLE) / 2}
    assert ana.before.hours == {"all": 30 * DAY} == found.whole.after.hours
    assert not found.left_out
    assert list(found.notes) == []


def test_nothing_is_written_and_what_is_paid_stays():
    pay = Payroll()
    before = list(PlanVersion.objects.values()), list(Assignment.objects.values())
    asked(Change(terms={pay.plan.plan_id: terms(hourly("9"))}), pay.ana)
    asked(Change(plans=[NewPlan(terms=terms(hourly("9"), "New"), people=[pay.ana.pk])]), pay.ana)
    assert before == (list(PlanVersion.objects.values()), list(Assignment.objects.values()))
    assert not Statement.objects.exists()


def test_a_new_plan_for_people_teams_or_places_comes_before_what_they_have():
    pay = Payroll()
    new = terms({"standby": [{"band": "all", "amount": "2", "per": "hour"}]}, "New", "EUR")
    for whom in ({"people": [pay.ana.pk]}, {"teams": [pay.team.pk]}):
        found = asked(Change(plans=[NewPlan(terms=new, **whom)]), pay.ana)
        assert amounts(found.whole) == ({"GBP": Decimal(WHOLE)}, {"EUR": Decimal(WHOLE * 2)})
        assert found.whole.differences() == {"EUR": Decimal(WHOLE * 2), "GBP": -Decimal(WHOLE)}
    nowhere = asked(Change(plans=[NewPlan(terms=new, places=["US"])]), pay.ana)
    assert nowhere.people == []
    assert amounts(nowhere.whole) == ({}, {})


def test_what_was_not_paid_by_any_plan_is_said():
    pay = Payroll()
    Assignment.objects.all().delete()
    found = asked(Change(plans=[NewPlan(terms=terms(hourly("1"), "New"), people=[pay.ana.pk])]), pay.ana)
    assert (found.whole.before.unpaid, found.whole.after.unpaid) == (30 * DAY, timedelta(0))


def test_whom_one_may_not_see_is_neither_listed_nor_in_the_sum_and_only_that_is_said():
    pay = Payroll()
    found = asked(Change(terms={pay.plan.plan_id: terms(hourly("2"))}), pay.bo)
    assert [one.user for one in found.people] == [pay.bo.pk]
    assert amounts(found.whole) == ({}, {})
    assert found.left_out
    assert not asked(Change(terms={}), pay.bo).left_out


def test_another_rotation_over_a_month_that_is_over_is_taken_to_have_begun_with_it():
    pay = Payroll()
    later = OtherRotation(schedule=pay.pager.pk, name="Checkout", draft=draft(pay.ana, pay.bo))
    found = asked(Change(rotations=[later]), pay.ana, pay.bo)
    ana, bo = (next(one for one in found.people if one.user == user.pk) for user in (pay.ana, pay.bo))
    assert (ana.before.amounts, bo.before.amounts) == ({"GBP": Decimal(WHOLE)}, {})
    assert sum(one.after.amounts["GBP"] for one in (ana, bo)) == WHOLE
    assert abs(ana.after.amounts["GBP"] - bo.after.amounts["GBP"]) <= 24
    assert found.whole.differences() == {"GBP": Decimal(0)}
    assert ScheduleVersion.objects.count() == 1


def test_a_rotation_that_somebody_would_leave_costs_what_the_others_cost():
    pay = Payroll()
    plan("Dear", "USD", hourly("5"), pay.bo)
    Assignment.objects.filter(version=pay.plan, user=pay.bo).delete()
    later = OtherRotation(schedule=pay.pager.pk, name="Checkout", draft=draft(pay.bo))
    found = asked(Change(rotations=[later]), pay.ana, pay.bo, since=OCTOBER, until=NOVEMBER)
    assert found.whole.differences() == {"GBP": -Decimal(OF_OCTOBER), "USD": Decimal(OF_OCTOBER * 5)}
    assert list(found.notes) == ["No call-outs are counted: they lie ahead."]


def test_a_draft_that_begins_later_changes_nothing_before():
    pay = Payroll()
    begins = datetime(2025, 10, 11, tzinfo=UTC)
    later = OtherRotation(schedule=pay.pager.pk, name="Checkout", draft=draft(pay.bo, begins=begins))
    found = asked(Change(rotations=[later]), pay.ana, pay.bo, since=OCTOBER, until=NOVEMBER)
    ana, bo = (next(one for one in found.people if one.user == user.pk) for user in (pay.ana, pay.bo))
    assert (ana.after.amounts["GBP"], bo.after.amounts["GBP"]) == (10 * 24 + 1, 21 * 24)


def test_a_schedule_that_does_not_exist_yet_is_added_to_what_they_carry():
    pay = Payroll()
    new = OtherRotation(schedule=None, name="New", draft=draft(pay.bo))
    found = asked(Change(rotations=[new]), pay.ana, pay.bo, since=OCTOBER, until=NOVEMBER)
    assert [one.user for one in found.people] == [pay.bo.pk]
    assert found.whole.differences() == {"GBP": Decimal(OF_OCTOBER)}


def test_what_saving_refuses_is_refused():
    pay = Payroll()
    past = draft(pay.bo, begins=datetime(2025, 7, 1, tzinfo=UTC))
    rotation = OtherRotation(schedule=pay.pager.pk, name="Checkout", draft=past)
    with pytest.raises(Refused, match="past"):
        asked(Change(rotations=[rotation]), pay.ana, since=OCTOBER, until=NOVEMBER)
    with pytest.raises(ValueError, match="after"):
        asked(Change(), pay.ana, since=JULY, until=JUNE)


def test_a_span_that_now_lies_in_says_until_when_call_outs_are_counted():
    pay = Payroll()
    found = asked(Change(terms={pay.plan.plan_id: terms(hourly("2"))}), pay.ana, until=NOVEMBER)
    assert list(found.notes) == ["Call-outs are counted until 2025-07-03 09:00 UTC; the others lie ahead."]


def test_nobody_at_all_is_no_error():
    assert asked(Change()).people == []
    person("zoe")
    assert asked(Change()).people == []
