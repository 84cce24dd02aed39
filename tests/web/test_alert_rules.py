"""Suppress rules and trials on the pages: made from an incident, looked at, extended, ended."""

import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.actions import config
from escalation.models import AlertRule, Service
from escalation.permissions import may_silence, silenceable
from escalation.rulekeeping.reckoning import reckon_due
from people.actions import create_team, set_members
from people.models import User
from tests.escalation.rules.conftest import Ruled
from tests.world import TESTS

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def world(db):
    """Eve is of no team; Odo only observes."""
    world = Ruled()
    world.eve, world.odo = world.person("eve", "Eve Hall"), world.person("odo", "Odo Kerr")
    members = {world.ana: "responder", world.bo: "responder", world.mia: "manager", world.odo: "observer"}
    set_members(team=world.team, members=members, by=TESTS, now=world.now)
    with time_machine.travel(world.now, tick=False):
        yield world


def browser(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def page(user, address, status=200):
    answer = browser(user).get(address)
    assert answer.status_code == status
    return answer.content.decode()


def fields(world, **changed):
    plain = {
        "service": "payments-api",
        "match": "alertname=DiskFull\ncluster=eu*",
        "severities": ["SEV-2", "SEV-3"],
        "kind": "suppress",
        "days": "7",
        "owner": str(world.bo.pk),
        "reason": "the disk is on order",
    }
    return {**plain, **changed}


def post(user, address, data):
    """The page that follows."""
    answer = browser(user).post(address, data, follow=True)
    return answer.status_code, answer.content.decode()


def test_an_incident_offers_a_rule_with_its_labels(world):
    incident = world.fires()
    assert f'href="/rules/new?incident={incident.pk}"' in page(world.ana, f"/incidents/{incident.pk}")
    form = page(world.ana, f"/rules/new?incident={incident.pk}")
    assert "alertname=DiskFull\ncluster=eu1</textarea>" in form
    assert "<option selected>payments-api</option>" in form
    assert not re.search(r'name="severities" value="SEV-\d" checked', form)
    assert re.search(r'name="quiet_open" value="1">', form)  # not ticked


def test_a_rule_is_made_by_its_form_and_keeps_quiet_what_it_says(world):
    incident = world.fires()
    status, shown = post(world.ana, "/rules/new", fields(world, quiet_open="1"))
    rule = AlertRule.objects.get()
    assert status == 200
    assert "1 open incidents are quiet now" in shown
    assert (rule.owner, rule.match, rule.severities) == (
        world.bo,
        {"alertname": "DiskFull", "cluster": "eu*"},
        ["SEV-2", "SEV-3"],
    )
    assert rule.ends_at == world.later(days=7)
    assert f'<a href="/rules/{rule.pk}">suppress rule #{rule.pk}</a> of Bo Lind until' in page(
        world.ana, f"/incidents/{incident.pk}"
    )
    assert "disk is full" in shown
    listed = page(world.eve, "/rules")
    assert "alertname=DiskFull, cluster=eu*" in listed
    assert "1 alert kept quiet" in listed


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"match": ""}, "names no label"),
        ({"match": "alertname=*"}, "nothing but *"),
        ({"match": "nonsense"}, "“nonsense” is not a label; write alertname=DiskFull, one a line."),
        ({"match": "a=1\na=2"}, "The label a stands there twice"),
        ({"match": "\n".join(f"l{n}=1" for n in range(100))}, "names 100 labels"),
        ({"match": "alertname=" + "x" * 10_000}, "longer than 500 characters"),
        ({"match": "x" * 30_000}, "That is too much to match by"),
        ({"match": "a=\x00"}, "another character in it that no text has"),
        ({"kind": "nonsense"}, "Choose what it does"),
        ({"days": "9999"}, "Choose what it does"),
        ({"days": "90", "kind": "trial"}, "A trial lasts 28 days at most"),
        ({"severities": ["SEV-9"]}, "is no severity"),
        ({"owner": "0"}, "Choose who answers for it."),
        ({"owner": "x\x00"}, "Choose who answers for it."),
        ({"service": "no such"}, "Choose the service"),
        ({"reason": "x" * 300}, "longer than 200 characters"),
    ],
)
def test_what_makes_no_rule_is_refused_on_the_form_which_keeps_what_was_typed(world, changed, said):
    status, shown = post(world.ana, "/rules/new", fields(world, **changed))
    assert status == 200
    assert said in shown
    assert "<h1>A rule that pages nobody</h1>" in shown
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize(
    ("kind", "severities"),
    [("suppress", ["SEV-2", "SEV-3", "SEV-4"]), ("trial", ["SEV-1", "SEV-2", "SEV-3", "SEV-4"])],
)
def test_without_a_tick_it_is_about_the_severities_that_are_usual_for_its_kind(world, kind, severities):
    """As the form proposes them, whichever kind is chosen on it."""
    form = page(world.ana, "/rules/new?kind=trial")
    ticked = re.findall(r'name="severities" value="(SEV-\d)" checked', form)
    post(world.ana, "/rules/new", fields(world, kind=kind, severities=ticked))
    assert AlertRule.objects.get().severities == severities


def test_as_many_queries_for_many_services_as_for_one(world):
    def asked(address):
        client = browser(world.ana)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    addresses = ("/rules", "/rules/new")
    with_one = [asked(address) for address in addresses]
    for n in range(29):
        named = {"name": f"api-{n}", "policy": world.policy, "team": world.team}
        config.create_service(**named, by=TESTS, now=world.now)
    assert [asked(address) for address in addresses] == with_one


def test_what_a_person_may_silence_is_said_of_all_services_as_of_each(world):
    root = world.person("root", "Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    root.refresh_from_db()
    zoe = world.person("zoe", "Zoe Voss")
    search = create_team(name="Search", by=TESTS, now=world.now)
    set_members(team=search, members={zoe: "manager", world.odo: "responder"}, by=TESTS, now=world.now)
    gone = [{"name": "nobodys", "team": None}, {"name": "search-api", "team": search}]
    for named in [*gone, {"name": "retired", "team": world.team}]:
        config.create_service(**named, policy=world.policy, by=TESTS, now=world.now)
    config.retire_service(service=Service.objects.get(name="retired"), by=TESTS, now=world.now)
    services = Service.objects.filter(retired_at=None).order_by("name")
    for user in (world.ana, world.mia, world.odo, world.eve, zoe, root):
        each = [one.name for one in services if may_silence(User.objects.get(pk=user.pk), one)]
        assert [one.name for one in silenceable(User.objects.get(pk=user.pk))] == each
    assert [one.name for one in silenceable(world.mia)] == ["nobodys", "payments-api"]


@pytest.mark.parametrize("address", ["/heartbeats", "/maintenance", "/rules"])
def test_what_keeps_quiet_and_what_listens_stand_side_by_side(world, address):
    shown = page(world.ana, address)
    for other in ("/incidents", "/heartbeats", "/maintenance", "/rules"):
        assert re.search(rf'<p class="tabs[^>]*>.*href="{other}"', shown)
    assert re.findall(r'href="([^"]*)" aria-current="page"', tabs(shown)) == [address]
    of_all = tabs(page(world.ana, "/incidents"))
    assert re.findall(r'href="([^"]*)" aria-current', of_all) == ["/incidents"]


def tabs(shown):
    return re.search(r'<p class="tabs.*?</p>', shown)[0]


def test_an_incident_without_labels_says_that_no_rule_can_mean_it(world):
    incident = world.alert()
    assert "has no labels, so no rule can mean it" in page(world.ana, f"/rules/new?incident={incident.pk}")
    for garbage in ("?incident=x", "?incident=999999999999", "?incident=%00", "?service=%00", "?kind=x"):
        page(world.ana, f"/rules/new{garbage}")


def test_an_alert_of_a_hundred_labels_offers_as_many_as_a_rule_can_have(world):
    labels = {
        "alertname": "DiskFull",
        "big": "x" * 10_000,
        "a=b": "1",
        **{f"l{n:03}": "1" for n in range(99)},
    }
    incident = world.fires(labels=labels)
    form = page(world.ana, f"/rules/new?incident={incident.pk}")
    typed = re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)[1]
    assert len(typed.splitlines()) == 20
    _, shown = post(world.ana, "/rules/new", fields(world, match=typed))
    assert "in force" in shown


def test_only_those_who_carry_the_pager_of_its_team_silence_a_service(world):
    for user in (world.eve, world.odo):
        assert "There is no service whose alerts you may silence" in page(user, "/rules/new")
        assert browser(user).post("/rules/new", fields(world)).status_code == 403
    for user in (world.ana, world.mia):
        assert "payments-api" in page(user, "/rules/new")
    assert not AlertRule.objects.exists()


def test_buttons_are_for_those_who_may_press_them(world):
    rule = world.rule(owner=world.eve)

    def buttons(user):
        return sorted(re.findall(rf'action="/rules/{rule.pk}/(\w+)"', page(user, f"/rules/{rule.pk}")))

    assert buttons(world.ana) == buttons(world.mia) == ["end", "extend"]
    assert buttons(world.eve) == ["end"]  # who answers for it may always let it page again
    assert buttons(world.odo) == []
    for verb in ("end", "extend", "suppress"):
        assert browser(world.odo).post(f"/rules/{rule.pk}/{verb}", {"days": "7"}).status_code == 403
        assert browser(world.odo).get(f"/rules/{rule.pk}/{verb}").status_code == 405


def test_it_is_extended_and_ended_by_a_tap(world):
    rule = world.rule()
    incident = world.fires()
    _, shown = post(world.ana, f"/rules/{rule.pk}/extend", {"days": "14"})
    assert "It lasts 2 weeks from now." in shown
    rule.refresh_from_db()
    assert rule.ends_at == world.later(days=14)
    _, shown = post(world.ana, f"/rules/{rule.pk}/extend", {"days": "5000"})
    assert "Choose for how long." in shown
    _, shown = post(world.bo, f"/rules/{rule.pk}/end", {"reason": "it came"})
    assert "Ended: alertname=DiskFull pages again." in shown
    assert "Over since" in shown
    incident.refresh_from_db()
    assert incident.parked_reason == ""
    _, shown = post(world.bo, f"/rules/{rule.pk}/end", {})
    assert "It was over already." in shown
    _, shown = post(world.bo, f"/rules/{rule.pk}/extend", {"days": "1"})
    assert "has been over since" in shown


def test_a_trial_shows_what_it_would_have_done(world):
    rule = world.trial()
    with time_machine.travel(world.later(days=1), tick=False):
        world.now = world.later(days=1)
        world.fires()
        reckon_due(clock=lambda: world.now, limit=10)
        shown = page(world.ana, f"/rules/{rule.pk}")
    assert "<strong>1</strong> would-be page of 1 incident" in shown
    assert "primary of Payments: would add 7.0 pages a shift to 0.0 of a budget of 2: over." in shown
    assert "After 1 day; a week says more." in shown


def test_a_trial_becomes_a_suppress_rule_of_the_one_who_asks(world):
    trial = world.trial()
    quiet, loud = world.fires("a"), world.fires("b", severity="SEV-1")
    _, shown = post(world.bo, f"/rules/{trial.pk}/suppress", {"days": "14", "reason": ""})
    made = AlertRule.objects.get(kind="suppress")
    assert f"Suppress rule #{made.pk} takes the place of the trial, and you answer for it." in shown
    assert (made.owner, made.reason, made.ends_at) == (
        world.bo,
        f"after trial #{trial.pk}",
        world.later(days=14),
    )
    trial.refresh_from_db()
    assert trial.ended_at == world.now
    quiet.refresh_from_db()
    loud.refresh_from_db()
    assert (quiet.parked_reason, loud.parked_reason) == ("suppressed", "")


def test_there_is_no_page_of_a_rule_that_there_is_not(world):
    page(world.ana, "/rules/999", status=404)
    page(world.ana, "/rules/99999999999999999999", status=404)
    assert browser(world.ana).post("/rules/999/end").status_code == 404
    assert Client().get("/rules").status_code == 302
