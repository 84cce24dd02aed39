"""A trial: the pages that a new alert rule would make go to its author by mail, and to nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from escalation import planning
from escalation.actions import config, rules
from escalation.models import AlertRule, Incident, RuleMatch, TrialPage
from escalation.rulekeeping.keeping import keep_due
from escalation.rulekeeping.outlook import outlook
from escalation.rulekeeping.reckoning import reckon_due
from escalation.sources.event import Action
from paging import dispatch
from paging.models import Attempt, Page
from people import actions as people
from people.ledger.record import Actor
from tests.escalation.rules.conftest import DISK, Ruled
from tests.racing import at_once
from tests.world import TESTS

NIGHT = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)


def keep(world):
    """What the keeper's chores and senders do at this instant."""
    while keep_due(clock=lambda: world.now, limit=10):
        pass
    while reckon_due(clock=lambda: world.now, limit=10):
        pass
    dispatch.send_due(clock=lambda: world.now, what=(dispatch.What.NOTICES,))


def letters(user=None):
    rows = Attempt.objects.filter(notification__page__urgency="info").order_by("pk")
    rows = rows.filter(notification__page__user=user) if user else rows
    return [(row.subject, row.body) for row in rows]


def at(world, moment):
    world.now = moment
    return world


def test_it_pages_nobody_for_a_week_and_then_as_any_other(world):
    rule = world.trial()
    assert rule.ends_at == world.later(days=7)
    assert (rule.severities, rule.kind) == (["SEV-1", "SEV-2", "SEV-3", "SEV-4"], "trial")
    incident = world.fires(severity="SEV-1")
    assert (incident.parked_reason, incident.quiet_until) == ("trial", rule.ends_at)
    assert world.wait(days=6, hours=23).sent() == []
    assert len(world.wait(hours=1).sent()) == 1
    assert world.fires("another").parked_reason == ""


def test_what_another_alert_rule_pages_about_pages(world):
    world.trial(match={"alertname": "DiskSlow"})
    world.fires()
    assert len(world.tick().sent()) == 1


def test_its_would_be_page_is_the_first_one_that_the_machine_would_have_made(world):
    world.trial()
    at(world, NIGHT).fires()
    keep(world)
    (page,) = TrialPage.objects.all()
    assert (page.user, page.schedule, page.role, page.at, page.asleep) == (
        world.ana,
        world.schedule,
        "primary",
        NIGHT,
        True,
    )
    keep(world)
    assert TrialPage.objects.count() == 1


@pytest.mark.parametrize(("hour", "asleep"), [(7, True), (8, False), (21, False), (22, True)])
def test_sleep_is_that_of_the_person_who_would_be_paged(world, hour, asleep):
    people.change_user(user=world.ana, time_zone="Asia/Tokyo", by=TESTS, now=world.now)
    world.trial()
    at(world, datetime(2026, 3, 3, hour, tzinfo=UTC) - timedelta(hours=9)).fires()
    keep(world)
    assert TrialPage.objects.get().asleep is asleep


def test_one_that_would_wait_for_support_hours_would_page_then_unless_it_is_over_by_then(world):
    hours = {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "start": "09:00",
        "end": "17:00",
        "time_zone": "UTC",
    }
    config.change_service(service=world.service, support_hours=hours, by=TESTS, now=world.now)
    rule = world.trial()
    at(world, NIGHT).fires("stays", severity="SEV-3")
    world.fires("goes", severity="SEV-3")
    keep(world)
    nine = NIGHT.replace(hour=9)
    assert set(TrialPage.objects.values_list("at", "asleep")) == {(nine, False)}
    at(world, NIGHT.replace(hour=5)).fires("goes", action=Action.RESOLVE)
    assert outlook(rule, now=NIGHT.replace(hour=8)).pages == []
    assert [page.match.alert.dedup_key for page in outlook(rule, now=nine).pages] == ["stays"]


def test_what_is_listed_has_a_bound_and_what_is_counted_has_none(world, api, monkeypatch):
    rule = world.trial()
    world.fires("noon")
    at(world, NIGHT).fires("night")
    world.fires("later")
    keep(world)
    monkeypatch.setattr("escalation.rulekeeping.outlook.MOST_PAGES", 1)
    found = outlook(rule, now=world.now)
    assert (found.count, found.asleep, found.elsewhere) == (3, 2, 0)
    assert [page.asleep for page in found.pages] == [True]
    with time_machine.travel(world.now, tick=False):
        shown = api.get(f"/api/v1/alert-rules/{rule.pk}/").json()["would_be"]
    assert (len(shown["pages"]), shown["page_count"], shown["asleep"]) == (1, 3, 2)


def test_one_that_never_pages_would_page_nobody(world):
    rule = world.trial()
    world.fires(severity="SEV-4")
    keep(world)
    found = outlook(rule, now=world.now)
    assert (found.incidents, found.pages, found.waiting) == (1, [], 0)


def test_each_morning_its_author_gets_a_mail_with_the_wakes_first(world):
    people.change_user(user=world.bo, time_zone="Europe/Berlin", by=TESTS, now=world.now)
    world.bo.refresh_from_db()
    rule = world.trial(owner=world.bo)
    world.fires("noon")
    at(world, NIGHT).fires("night")
    keep(world)
    assert letters() == []
    at(world, datetime(2026, 3, 3, 8, 0, tzinfo=UTC))  # 09:00 in Berlin
    keep(world)
    ((subject, body),) = letters()
    assert f"Trial #{rule.pk} of payments-api: 2 would-be pages in 22 hours, 1 in sleep hours" in subject
    said = [line for line in body.splitlines() if line]
    where = [n for n, line in enumerate(said) if "Ana Ruiz, primary of Payments" in line]
    assert (
        "Tue 03 Mar 03:00 (UTC), in sleep hours: Ana Ruiz, primary of Payments: night is full"
        in said[where[0]]
    )
    assert "Mon 02 Mar 10:00 (UTC): Ana Ruiz, primary of Payments: noon is full" in said[where[1]]
    assert "primary of Payments: would add 15.3 pages a shift to 0.0 of a budget of 2: over." in body
    assert "After 22 hours; a week says more." in body
    assert "The trial ends Mon 09 Mar 11:00 (Europe/Berlin); from then on these alerts page." in body
    assert f"/rules/{rule.pk}" in body
    keep(world)
    assert len(letters()) == 1
    at(world, datetime(2026, 3, 4, 8, 0, tzinfo=UTC))
    keep(world)
    assert len(letters()) == 2
    assert Page.objects.exclude(urgency="info").count() == 0
    assert letters(world.ana) == []


def test_after_an_outage_of_days_there_is_one_mail_and_not_one_for_each(world):
    world.trial()
    at(world, world.later(days=4))
    keep(world)
    assert len(letters()) == 1
    keep(world)
    assert len(letters()) == 1


def test_a_trial_that_nothing_matches_says_so(world):
    world.trial()
    at(world, world.later(days=1))
    keep(world)
    ((subject, body),) = letters()
    assert "0 would-be pages in 1 day" in subject
    assert "Nothing has matched it so far." in body


def test_at_the_end_there_is_a_verdict_and_what_is_open_pages(world):
    world.trial()
    for day in range(7):
        at(world, world.began + timedelta(days=day, hours=1)).fires(f"disk{day}")
        keep(world)
    at(world, world.began + timedelta(days=7))
    keep(world)
    subject, body = letters()[-1]
    assert "is over: alertname=DiskFull pages again" in subject
    assert "Over the budget" in body
    assert "would add 7.0 pages a shift to 0.0 of a budget of 2: over." in body
    assert "7 of them are open and page now." in body
    world.tick()
    assert Page.objects.exclude(urgency="info").count() == 7
    keep(world)
    assert letters()[-1] == (subject, body)
    world.service.refresh_from_db()
    assert not world.service.has_rules


def test_what_the_team_has_already_stands_beside_it(world):
    """Two incidents paged Ana in her week; each counts once, however often she was paged about it."""
    for name in ("a", "b"):
        world.fires(name, labels={"alertname": "CpuHot"})
    world.wait(minutes=40)
    rule = world.trial()
    at(world, world.later(days=1)).fires()
    keep(world)
    (carried,) = outlook(rule, now=world.now).carried
    assert (carried.pages, carried.would, carried.budget) == (2, 1, 2)
    assert carried.ahead == pytest.approx(4, abs=0.01)


def test_its_owner_hears_a_day_before_the_end_and_at_it_once_each(world):
    rule = world.rule(ends_at=world.later(days=3))
    world.fires()
    at(world, world.began + timedelta(days=2, seconds=-1))
    keep(world)
    assert letters() == []
    at(world, world.began + timedelta(days=2))
    keep(world)
    keep(world)
    ((subject, body),) = letters(world.ana)
    assert f"Suppress rule #{rule.pk} of payments-api ends Thu 05 Mar 10:00 (UTC)" in subject
    assert "It kept 1 alert quiet, the last one Mon 02 Mar 10:00 (UTC)." in body
    at(world, world.began + timedelta(days=3))
    keep(world)
    keep(world)
    assert len(letters()) == 2
    assert "is over: alertname=DiskFull pages again" in letters()[1][0]
    assert "1 of them is open and page now" in letters()[1][1]
    rule.refresh_from_db()
    assert rule.ended_at == rule.ends_at


def test_an_extended_one_warns_again_and_a_short_one_not_at_all(world):
    rule = world.rule()
    at(world, world.later(days=1))
    keep(world)
    rules.change_rule(rule=rule, ends_at=world.later(days=10), by=TESTS, now=world.now)
    at(world, world.later(days=9))
    keep(world)
    assert len(letters()) == 2
    world.rule(match={"alertname": "Short"}, ends_at=world.later(hours=4))
    keep(world)
    assert len(letters()) == 2


def test_an_owner_who_did_not_end_it_hears_who_did(world):
    mine = world.rule(match={"alertname": "Mine"})
    rules.end_rule(rule=mine, by=Actor.person(world.ana), now=world.now)
    rules.end_rule(rule=world.rule(), by=Actor.person(world.mia), now=world.now)
    keep(world)
    ((subject, _),) = letters()
    assert "was ended Mon 02 Mar 10:00 (UTC)" in subject


def test_when_its_owner_leaves_a_rule_ends_and_the_managers_hear_of_it(world):
    rule = world.rule(owner=world.bo)
    incident = world.fires()
    people.deactivate_user(user=world.bo, by=TESTS, now=world.now)
    keep(world)
    rule.refresh_from_db()
    incident.refresh_from_db()
    assert (rule.ended_at, incident.parked_reason) == (world.now, "")
    assert any("Bo Lind, who answered for it, has left" in line for line in world.timeline(incident))
    ((subject, _),) = letters(world.mia)
    assert "has ended: Bo Lind, who answered for it, has left" in subject
    assert len(letters()) == 1


def test_a_policy_that_cannot_be_read_holds_up_no_other(world, caplog):
    world.trial()
    broken, _ = world.fires("a"), world.fires("b")
    Incident.objects.filter(pk=broken.pk).update(policy={"name": "?", "repeat": 0, "steps": [{"odd": 1}]})
    keep(world)
    assert TrialPage.objects.get().match.alert.dedup_key == "b"
    assert not RuleMatch.objects.filter(reckoned_at=None).exists()


def test_the_plan_ahead_knows_of_rules(world):
    rule = world.rule()
    world.service.refresh_from_db()
    planned = planning.simulate(world.service, severity="SEV-2", at=world.now, labels=DISK)
    assert planned[0].at == rule.ends_at
    assert planning.simulate(world.service, severity="SEV-2", at=world.now)[0].at == world.now
    assert planning.simulate(world.service, severity="SEV-1", at=world.now, labels=DISK)[0].at == world.now


def test_two_workers_tell_once_and_reckon_once(transactional_db):
    world = Ruled()
    world.trial()
    for n in range(5):
        world.fires(f"disk{n}")
    world.now = world.later(days=1)

    def work():
        keep_due(clock=lambda: world.now, limit=10)
        reckon_due(clock=lambda: world.now, limit=10)

    at_once(work, work)
    work()
    assert (TrialPage.objects.count(), Page.objects.count()) == (5, 1)
    assert AlertRule.objects.get().tell_at > world.now
