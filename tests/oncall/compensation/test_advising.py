"""What a plan or an edit of a schedule leads to is said while there is time: hours, and no money."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions as oncall
from oncall.advice import Watch, advise, advise_unsaved
from oncall.compensation.actions import plans
from oncall.compensation.models import PayPlan
from oncall.core.definition import Definition
from oncall.core.finding import Kind
from oncall.loading import rosters
from people.actions import create_team, set_members
from tests.provisioning.organisations import ACME, NOW, put
from tests.world import TESTS, World
from watchbill.doctor.pay import pay
from watchbill.provisioning.models import KeptPart

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    """Ana and Bo take turns of a week; it is Monday 2026-03-02, and Ana's turn."""
    return World()


def plan(world, terms, *people, name="Ops", **whom):
    made = PayPlan.objects.filter(name=name).first()
    made = made or plans.create_plan(name=name, currency="EUR", by=TESTS, now=world.now)
    plans.set_version(
        plan=made, effective_from=None, effective_until=None, terms=terms, people=people,
        teams=whom.get("teams", ()), places=whom.get("places", ()), by=TESTS, now=world.now,
    )  # fmt: skip
    return made


def capped(hours, per="month", **more):
    return {
        "standby": [{"band": "all", "amount": "5", "per": "hour"}],
        "cap": {"hours": str(hours), "per": per, **more},
    }


def over(found):
    return [one for findings in found.values() for one in findings if one.kind == Kind.OVER_CAP]


def weekly(world, *people, **roles):
    """Weeks from Monday 09:00 UTC: the first of `people` has that of 2026-03-02, and the second the next."""
    layer = {
        "name": "Weekly",
        "participants": [[person.pk] for person in people],
        "start": "2026-01-05T09:00",
        "shift_length": "1w",
    }
    definition = Definition.from_json({"roles": {"primary": {"layers": [layer]}, **roles}})
    return oncall.create_schedule(
        name="Desk", team=None, time_zone="UTC", holidays="", definition=definition, by=TESTS, now=world.now
    )


def test_whoever_the_coming_weeks_push_over_their_cap_is_said_with_hours_and_without_money(world):
    desk = weekly(world, world.ana, world.bo)
    plan(world, capped(300, warn=True), world.ana)
    [one] = over(advise([desk.pk], now=world.now))
    assert one.what == (
        "Ana Ruiz would be on call for 706 h in 2026-03, over the cap of 300 h a month of pay plan Ops."
    )
    assert one.mend == "All of it is paid; give some of it to somebody else."
    assert one.users == ("ana",)


def test_the_hours_of_the_month_that_are_over_count_and_a_cap_just_reached_is_not_over(world):
    """Of March, Kim has 2 to 9, 16 to 23, and from 30 09:00 to the end of it: 168 + 168 + 39 hours."""
    kim = world.person("kim", "Kim")
    desk = weekly(world, kim, world.bo)
    late = world.now + 14 * DAY
    plan(world, capped(375) | {"overlap": "each"}, kim)  # no hour is counted twice
    assert over(advise([desk.pk], now=late)) == []
    plan(world, capped("374.9"), kim)
    [one] = over(advise([desk.pk], now=late))
    assert one.what.startswith("Kim would be on call for 375 h in 2026-03, over the cap of 374.9 h a month")
    assert one.mend.startswith("What is beyond it is not paid")


def test_hours_that_are_paid_on_top_count_once_and_weeks_begin_on_monday(world):
    """Kim's week from Monday 09:00 has 159 hours of one week, and 9 of the next."""
    kim = world.person("kim", "Kim")
    desk = weekly(world, kim, world.bo)
    night = {
        "band": "night",
        "start": "22:00",
        "end": "06:00",
        "additive": True,
        "amount": "1",
        "per": "hour",
    }
    terms = capped(159, per="week")
    plan(world, terms | {"standby": [*terms["standby"], night]}, kim)
    assert over(advise([desk.pk], now=world.now)) == []
    plan(world, capped("158.9", per="week"), kim)
    assert "159 h in 2026-W10" in over(advise([desk.pk], now=world.now))[0].what


def test_an_override_that_pushes_somebody_over_is_told_as_news_and_one_that_relieves_them_is_not(world):
    """In the 28 days, Kim has two weeks and one hour."""
    kim = world.person("kim", "Kim")
    desk = weekly(world, kim, world.bo)
    plan(world, capped(340), kim)

    def cover(user, start):
        watch = Watch([desk.pk], now=world.now)
        oncall.add_override(
            schedule=desk, role="primary", kind="cover", start=start, end=start + DAY / 2, user=user,
            by=TESTS, now=world.now,
        )  # fmt: skip
        return [one.users for one in watch.worse(desk.pk) if one.kind == Kind.OVER_CAP]

    assert cover(kim, world.now + 8 * DAY) == [("kim",)]
    assert cover(world.mia, world.now + 3 * DAY) == []
    assert over(advise([desk.pk], now=world.now)) == []


def test_a_roster_that_is_not_saved_is_judged_as_it_would_be(world):
    plan(world, capped(170, per="week"), world.mia)
    roster = rosters([world.schedule.pk], since=world.now - 30 * DAY, until=world.now + 60 * DAY)
    saved = roster[world.schedule.pk]
    found = advise_unsaved(schedule=None, roster=saved, team=world.team, now=world.now)
    assert not [one for one in found if one.kind == Kind.OVER_CAP]
    plan(world, capped(100, per="week"), world.ana)
    found = advise_unsaved(schedule=None, roster=saved, team=world.team, now=world.now)
    assert {one.users for one in found if one.kind == Kind.OVER_CAP} == {("ana",)}


def test_without_a_cap_one_query_is_asked_and_with_one_as_many_for_ten_schedules_as_for_one(world):
    ids = [world.schedule.pk]
    with CaptureQueriesContext(connection) as none:
        advise(ids, now=world.now)
    plan(world, {"standby": [{"band": "all", "amount": "5", "per": "hour"}]}, world.ana)
    with CaptureQueriesContext(connection) as uncapped:
        advise(ids, now=world.now)
    assert len(uncapped) == len(none)
    plan(world, capped(300), world.ana)
    with CaptureQueriesContext(connection) as one:
        advise(ids, now=world.now)
    ids += [world.rotation(f"S{n}", [[world.ana.pk], [world.bo.pk]]).pk for n in range(9)]
    with CaptureQueriesContext(connection) as ten:
        found = advise(ids, now=world.now)
    assert len(ten) <= len(one)
    assert len(over(found)) == 1


def test_a_plan_that_cannot_be_read_keeps_nobody_from_taking_a_shift(world, client, caplog):
    made = plan(world, capped(200), world.ana)
    made.versions.update(terms={"standby": "of another version of Watchbill"})
    client.force_login(world.mia)
    asked = {
        "user": "bo", "role": "primary", "reason": "Ana is ill",
        "start": (world.now + DAY).isoformat(), "end": (world.now + 2 * DAY).isoformat(),
    }  # fmt: skip
    with time_machine.travel(world.now, tick=False):
        path = f"/api/v1/schedules/{world.schedule.name}/overrides"
        answer = client.post(path, asked, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert world.schedule.overrides.count() == 1
    assert "check_failed" in caplog.text


def test_an_apply_says_that_a_holiday_pays_less_than_a_weekend():
    advice = put(ACME).advice
    [told] = [one for one in advice if "Pay plan Engineering US" in one.finding.what]
    assert told.new
    assert told.finding.what == (
        "Pay plan Engineering US from 2025-01-01: on a holiday that is a sat or sun, an hour of “holiday” "
        "pays 6.25 USD and takes the place of “weekend”, which pays 10.4167."
    )
    assert (
        told.finding.mend == "Pay at least 250.00 per day for “holiday”, or let it be paid on top (additive)."
    )
    assert not [one for one in put(ACME).advice if "Pay plan" in one.finding.what]
    assert any("Pay plan Engineering US" in one.what for one in pay(NOW))


def said(world):
    return [one.what for one in pay(world.now)]


HOURLY = {"standby": [{"band": "all", "amount": "5", "per": "hour"}]}
FESTIVE = {
    "standby": [*HOURLY["standby"], {"band": "holiday", "holidays": True, "amount": "5", "per": "hour"}]
}


def test_the_doctor_names_whoever_is_on_call_without_a_plan_once_there_is_one(world):
    assert said(world) == []
    plan(world, HOURLY, world.ana)
    assert said(world) == ["Bo Lind: on call in the next 7 days, and no pay plan pays for it."]
    plan(world, HOURLY, world.ana, teams=[world.team])
    assert said(world) == []


def test_a_shadow_needs_no_plan(world):
    other = create_team(name="Other", by=TESTS, now=world.now)
    kim = world.person("kim", "Kim")
    set_members(team=other, members={kim: "responder"}, by=TESTS, now=world.now)
    desk = weekly(world, world.ana, shadow={"layers": []})
    oncall.add_override(
        schedule=desk, role="shadow", kind="add", start=world.now + DAY, end=world.now + 2 * DAY,
        user=kim, by=TESTS, now=world.now,
    )  # fmt: skip
    plan(world, HOURLY, teams=[world.team])
    assert said(world) == []


def test_a_plan_that_ends_within_the_week_is_one_too_few(world):
    made = plan(world, HOURLY, teams=[world.team])
    plans.set_version(
        plan=made, effective_from=None, effective_until=date(2026, 3, 5), terms=HOURLY, people=(),
        teams=[world.team], places=(), by=TESTS, now=world.now,
    )  # fmt: skip
    assert said(world) == ["Ana Ruiz, Bo Lind: on call in the next 7 days, and no pay plan pays for it."]


def test_the_doctor_names_who_has_a_rate_for_holidays_and_no_holidays(world):
    world.ana.holidays = "DE"
    world.ana.save()
    plan(world, FESTIVE, world.ana, world.bo)
    [found] = said(world)
    assert found.startswith("Bo Lind: paid by a plan that has a rate for holidays, and without a holiday cal")


def test_a_plan_that_an_earlier_version_only_kept_is_named(world):
    KeptPart.objects.create(section="pay_plans", name="Old", body={"name": "Old", "currency": "EUR"})
    assert said(world) == [
        "Pay plan Old came with a document when nothing was paid by it yet, and nobody is."
    ]
