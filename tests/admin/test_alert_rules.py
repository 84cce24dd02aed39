"""Suppress rules and trials in the admin: those in force first, extended and ended by buttons."""

from datetime import timedelta

import pytest
import time_machine

from escalation.models import AlertRule
from escalation.rulekeeping.reckoning import reckon_due
from people.actions import create_team, set_members
from people.ledger.models import Entry
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.escalation.rules.conftest import Ruled
from tests.world import TESTS

LIST = "/admin/escalation/alertrule/"


@pytest.fixture
def world(db):
    """Mia manages Payments; Zoe manages Search."""
    world = Ruled()
    world.zoe = world.person("zoe", "Zoe Voss")
    search = create_team(name="Search", by=TESTS, now=world.now)
    set_members(team=search, members={world.zoe: "manager"}, by=TESTS, now=world.now)
    for user in (world.mia, world.zoe):
        user.refresh_from_db()
    with time_machine.travel(world.now, tick=False):
        yield world


@pytest.fixture
def mia(world):
    return browser(world.mia)


def said(answer):
    return answer.content.decode()


def form(mia, world, **changed):
    plain = {
        "service": str(world.service.pk),
        "kind": "suppress",
        "labels": "alertname=Disk*",
        "severities": ["SEV-2"],
        "owner": str(world.ana.pk),
        "ends_at_0": "2026-03-09",
        "ends_at_1": "10:00:00",
        "reason": "on order",
    }
    return filled(mia.get(f"{LIST}add/"), **{**plain, **changed})


def test_a_manager_makes_a_rule_and_it_stands_in_the_ledger(mia, world):
    assert mia.post(f"{LIST}add/", form(mia, world)).status_code == 302
    rule = AlertRule.objects.get()
    assert (rule.match, rule.severities, rule.owner) == ({"alertname": "Disk*"}, ["SEV-2"], world.ana)
    assert rule.ends_at == world.began + timedelta(days=7)
    assert world.fires().parked_reason == "suppressed"
    assert Entry.objects.get(verb="alert_rule.created").actor == world.mia


@pytest.mark.parametrize(("kind", "worst"), [("suppress", "SEV-2"), ("trial", "SEV-1")])
def test_the_form_as_it_is_proposed_is_about_what_is_usual_for_the_kind(mia, world, kind, worst):
    proposed = form(mia, world, kind=kind)
    proposed["severities"] = filled(mia.get(f"{LIST}add/")).get("severities", [])
    assert mia.post(f"{LIST}add/", proposed).status_code == 302
    assert AlertRule.objects.get().severities[0] == worst


def test_no_severity_is_left_to_one_that_is_changed_only_if_some_is_named(mia, world):
    page = f"{LIST}{world.rule().pk}/change/"
    answer = mia.post(
        page, filled(mia.get(page), severities=[], ends_at_0="2026-03-10", ends_at_1="10:00:00")
    )
    assert "is about no severity" in said(answer)


def test_a_manager_makes_one_for_a_service_without_a_team_as_on_the_page(mia, world):
    world.service.team = None
    world.service.save(update_fields=["team"])
    assert mia.post(f"{LIST}add/", form(mia, world)).status_code == 302
    assert AlertRule.objects.get().service == world.service


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"labels": "alertname=*"}, "nothing but *"),
        ({"labels": "alertname"}, "is not a label"),
        ({"ends_at_0": "2026-03-01"}, "lies in the past"),
        ({"ends_at_0": "2027-03-01"}, "lasts 90 days at most"),
        ({"ends_at_0": ""}, "This field is required"),
        ({"severities": ["SEV-9"]}, "not one of the available choices"),
        ({"owner": "99999"}, "not one of the available choices"),
    ],
)
def test_what_makes_no_rule_is_refused_on_the_form(mia, world, changed, told):
    answer = mia.post(f"{LIST}add/", form(mia, world, **changed))
    assert answer.status_code == 200
    assert told in said(answer)
    assert not AlertRule.objects.exists()


def test_the_list_shows_those_in_force_first(mia, world):
    over = world.rule(match={"alertname": "Old"}, ends_at=world.later(minutes=1))
    far, near = world.rule(match={"alertname": "Far"}, ends_at=world.later(days=9)), world.rule()
    world.fires()
    with time_machine.travel(world.later(minutes=2), tick=False):
        listed = said(mia.get(LIST))
    places = [listed.index(f"/alertrule/{rule.pk}/change/") for rule in (near, far, over)]
    assert places == sorted(places)
    assert "alertname=DiskFull (SEV-2, SEV-3, SEV-4)" in listed
    for asked in ("?running=yes", "?running=no", "?running=%00", "?kind__exact=trial", "?q=order"):
        assert mia.get(f"{LIST}{asked}", follow=True).status_code == 200


def test_one_is_extended_and_ended_by_its_buttons(mia, world):
    rule = world.rule()
    incident = world.fires()
    mia.post(f"{LIST}{rule.pk}/act/extend/")
    rule.refresh_from_db()
    assert rule.ends_at == world.later(days=9)
    mia.post(f"{LIST}{rule.pk}/act/end/")
    rule.refresh_from_db()
    incident.refresh_from_db()
    assert (rule.ended_at, incident.parked_reason) == (world.now, "")
    shown = said(mia.get(f"{LIST}{rule.pk}/change/"))
    assert "alertname=DiskFull" in shown
    answer = mia.post(f"{LIST}{rule.pk}/act/extend/", follow=True)
    assert "belongs to a team that you do not manage" in said(answer) or "has been over since" in said(answer)


def test_its_owner_and_end_can_be_changed_and_its_match_cannot(mia, world):
    rule = world.rule()
    page = f"{LIST}{rule.pk}/change/"
    end = {"ends_at_0": "2026-03-10", "ends_at_1": "10:00:00"}
    data = filled(mia.get(page), owner=str(world.bo.pk), labels="alertname=Other", **end)
    assert mia.post(page, data).status_code == 302
    rule.refresh_from_db()
    assert (rule.owner, rule.match) == (world.bo, {"alertname": "DiskFull"})
    assert rule.ends_at == world.later(days=8)


def test_another_teams_manager_looks_and_changes_nothing(world):
    rule = world.rule()
    zoe = browser(world.zoe)
    page = f"{LIST}{rule.pk}/change/"
    assert "alertname=DiskFull" in said(zoe.get(page))
    assert zoe.post(page, {}).status_code == 403
    zoe.post(f"{LIST}{rule.pk}/act/end/")
    rule.refresh_from_db()
    assert rule.ended_at is None
    assert "payments-api" not in said(zoe.get(f"{LIST}add/"))


def test_a_rule_that_kept_thousands_quiet_still_has_a_page(mia, world):
    """The latest of them; the rest stands on further pages."""
    rule = world.rule()
    for n in range(30):
        world.fires(f"disk{n:02}")
    shown = said(mia.get(f"{LIST}{rule.pk}/change/"))
    assert shown.count(" is full by suppress rule") == 20


def test_a_trial_shows_whom_each_alert_would_have_paged(mia, world):
    rule = world.trial()
    world.fires()
    reckon_due(clock=lambda: world.now, limit=5)
    shown = said(mia.get(f"{LIST}{rule.pk}/change/"))
    assert "disk is full" in shown
    assert "Ana Ruiz" in shown
