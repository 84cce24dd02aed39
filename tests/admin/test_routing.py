"""Routing rules in the admin: made, tried, moved and taken out; and the way from them to a suppress rule."""

import pytest
import time_machine

from escalation.models import Alert, AlertRule, RoutingRule
from people.actions import set_members
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.escalation.routing.conftest import Routing
from tests.world import TESTS

LIST = "/admin/escalation/routingrule/"


@pytest.fixture
def world(db):
    """Mia manages Payments, and Data with Zoe."""
    world = Routing()
    members = {world.dee: "responder", world.zoe: "manager", world.mia: "manager"}
    set_members(team=world.data, members=members, by=TESTS, now=world.now)
    for user in (world.mia, world.zoe):
        user.refresh_from_db()
    with time_machine.travel(world.now, tick=False):
        yield world


@pytest.fixture
def mia(world):
    return browser(world.mia)


def form(mia, world, **changed):
    plain = {
        "service": str(world.service.pk),
        "labels": "alertname=Disk*",
        "to_service": str(world.database.pk),
    }
    return filled(mia.get(f"{LIST}add/"), **{**plain, **changed})


def text(answer):
    return answer.content.decode()


def test_a_manager_makes_changes_moves_and_takes_out_a_rule(mia, world):
    assert mia.post(f"{LIST}add/", form(mia, world)).status_code == 302
    rule = RoutingRule.objects.get()
    assert (rule.match, rule.to_service) == ({"alertname": "Disk*"}, world.database)
    page = mia.get(f"{LIST}{rule.pk}/change/")
    assert mia.post(f"{LIST}{rule.pk}/change/", filled(page, severity="SEV-3")).status_code == 302
    rule.refresh_from_db()
    assert (rule.severity, rule.match) == ("SEV-3", {"alertname": "Disk*"})
    other = world.route({"env": "staging"}, severity="SEV-4")
    assert mia.post(f"{LIST}{other.pk}/act/move_up/?from_list").url == LIST
    assert list(RoutingRule.objects.values_list("pk", flat=True)) == [other.pk, rule.pk]
    shown = text(mia.get(LIST))
    assert shown.index("env=staging") < shown.index("alertname=Disk*")
    assert mia.post(f"{LIST}{other.pk}/act/take_out/").url == LIST
    assert list(RoutingRule.objects.values_list("pk", "position")) == [(rule.pk, 1)]


def test_a_rule_is_tried_before_it_is_saved_and_the_form_stays_as_it_was_written(mia, world):
    world.fires()
    answer = mia.post(f"{LIST}add/", form(mia, world, _try="1"))
    assert answer.status_code == 200
    assert "It would have matched 1 of the 1 alerts of the last 24 hours" in text(answer)
    assert "gone to shop-db, SEV-2, high urgency" in text(answer)
    assert f'href="/incidents/{Alert.objects.get().incident_id}"' in text(answer)
    assert "alertname=Disk*</textarea>" in text(answer)
    assert "errornote" not in text(answer)
    assert not RoutingRule.objects.exists()


def test_a_rule_may_be_tried_before_it_says_what_becomes_of_its_alerts_but_not_saved(mia, world):
    said = form(mia, world, to_service="")
    assert "It would have matched 0 of the 0" in text(mia.post(f"{LIST}add/", {**said, "_try": "1"}))
    assert "It says nothing of these alerts" in text(mia.post(f"{LIST}add/", said))


@pytest.mark.parametrize(
    ("labels", "words"),
    [("", "This field is required"), ("no label", "is not a label"), ("a=*", "nothing but *")],
)
def test_what_cannot_be_tried_says_why(mia, world, labels, words):
    answer = text(mia.post(f"{LIST}add/", form(mia, world, labels=labels, _try="1")))
    assert words in answer
    assert "It cannot be tried before the form above says what it means" in answer


def test_an_alert_s_words_are_shown_as_words(mia, world):
    world.fires("<script>alert(1)</script>")
    answer = text(mia.post(f"{LIST}add/", form(mia, world, _try="1")))
    assert "&lt;script&gt;alert(1)" in answer
    assert "<script>alert(1)" not in answer


def test_suppress_instead_leads_to_a_suppress_rule_with_the_match_filled_in(mia, world):
    answer = mia.post(f"{LIST}add/", form(mia, world, to_service="", _suppress="1"))
    page = mia.get(answer.url)
    assert "alertname=Disk*</textarea>" in text(page)
    assert page.context["adminform"].form["service"].value() == str(world.service.pk)
    assert not RoutingRule.objects.exists()


def test_a_suppress_rule_is_tried_too(mia, world):
    world.fires()
    world.tick()
    page = mia.get(f"/admin/escalation/alertrule/add/?service={world.service.pk}&labels=alertname%3DDisk*")
    data = filled(page, kind="suppress", owner="", ends_at_0="", ends_at_1="")  # not said yet
    answer = mia.post("/admin/escalation/alertrule/add/", {**data, "_try": "1"})
    assert "it would have saved 1 page, 1 in the last 24 hours" in text(answer)
    assert not AlertRule.objects.exists()


def test_who_does_not_manage_the_other_team_sees_the_rule_and_may_only_take_it_out(world):
    rule = world.route(to=world.database)
    zoe = browser(world.zoe)  # of shop-db's team alone
    page = zoe.get(f"{LIST}{rule.pk}/change/")
    assert "Take out" in text(page)
    assert "Move up" not in text(page)
    assert 'name="labels"' not in text(page)
    assert zoe.post(f"{LIST}{rule.pk}/change/", {"labels": "a=b"}).status_code == 403
    zoe.post(f"{LIST}{rule.pk}/act/move_up/")
    assert zoe.post(f"{LIST}{rule.pk}/act/take_out/").status_code == 302
    assert not RoutingRule.objects.exists()
    said = {"service": str(world.database.pk), "labels": "a=b", "to_service": str(world.service.pk)}
    assert "Select a valid choice" in text(zoe.post(f"{LIST}add/", said))


def test_a_rule_that_never_counts_is_told_when_it_is_saved(mia, world):
    world.route({"alertname": "D*"}, severity="SEV-1")
    answer = mia.post(f"{LIST}add/", form(mia, world), follow=True)
    assert "never counts: rule 1 (alertname=D*) takes all of its alerts" in text(answer)
