"""Incidents that hold alerts of several services, since somebody merged them, and rules about one."""

import pytest

from escalation import engine
from escalation.actions import config, merging, rules
from escalation.core.incident import Parked, Quiet
from escalation.core.stimulus import Quieted
from escalation.models import Alert, Incident, RuleMatch
from tests.escalation.rules.conftest import DISK, Ruled
from tests.world import KEY, TESTS

OTHER_KEY = KEY[::-1]
CPU = {"alertname": "CpuHot"}


@pytest.fixture
def world(db):
    """Beside payments-api there is search-api."""
    world = Ruled()
    world.search = config.create_service(
        name="search-api", policy=world.policy, team=world.team, by=TESTS, now=world.now
    )
    config.ensure_routing_key(service=world.search, name="tests", key=OTHER_KEY, by=TESTS, now=world.now)
    return world


def merged(world, *, into, of):
    return merging.merge(into=into.pk, incidents=[of.pk], by=TESTS, now=world.now)


def parked(incident):
    return Incident.objects.get(pk=incident.pk).parked_reason


@pytest.mark.parametrize("labels", [CPU, DISK])
def test_a_rule_quiets_no_open_incident_of_another_service(world, labels):
    """Whatever was merged into it, and whatever its own alerts say."""
    theirs = world.fires("cpu", labels=labels, key=OTHER_KEY)
    merged(world, into=theirs, of=world.fires())
    world.rule(quiet_open=True)
    assert parked(theirs) == ""
    assert not RuleMatch.objects.exists()
    assert world.tick().sent()


@pytest.mark.parametrize(("labels", "comes_to"), [(CPU, ""), (DISK, "suppressed")])
def test_an_open_incident_is_quieted_if_the_rule_means_its_alerts_of_other_services_too(
    world, labels, comes_to
):
    ours = world.fires()
    merged(world, into=ours, of=world.fires("cpu", labels=labels, key=OTHER_KEY))
    world.rule(quiet_open=True)
    assert parked(ours) == comes_to


def quieted_by(world, rule, incident):
    """As it is where the rule has kept it quiet although it is of another service."""
    quiet = Quiet(reason=Parked.SUPPRESSED, until=rule.ends_at, why=str(rule))
    engine.apply(Incident.objects.get(pk=incident.pk), Quieted(quiet), now=world.now)
    for alert in Alert.objects.filter(incident=incident, service=rule.service):
        said = {"at": world.now, "last_at": world.now}
        RuleMatch.objects.get_or_create(rule=rule, alert=alert, defaults=said)
    assert parked(incident) == "suppressed"


def test_what_a_rule_keeps_quiet_of_another_service_pages_when_it_ends(world):
    theirs = world.fires("cpu", labels=CPU, key=OTHER_KEY)
    merged(world, into=theirs, of=world.fires())
    rule = world.rule()
    quieted_by(world, rule, theirs)
    rules.end_rule(rule=rule, by=TESTS, now=world.now)
    assert parked(theirs) == ""
    assert world.tick().sent()


def test_one_that_the_other_services_own_rule_means_stays_quiet_for_as_long_as_that_one(world):
    """Its own alert by that rule, the one merged into it by another one that goes on."""
    theirs = world.fires("cpu", labels=CPU, key=OTHER_KEY)
    merged(world, into=theirs, of=world.fires())
    rule, longer = world.rule(), world.rule(match={"cluster": "eu*"})
    ours, world.service = world.service, world.search
    own = world.rule(match=CPU, ends_at=world.later(hours=3))
    world.service = ours
    quieted_by(world, rule, theirs)
    rules.end_rule(rule=rule, by=TESTS, now=world.now)
    found = Incident.objects.get(pk=theirs.pk)
    assert (found.parked_reason, found.quiet_until) == ("suppressed", own.ends_at)
    rules.end_rule(rule=own, by=TESTS, now=world.now)
    assert parked(theirs) == ""
    assert longer.ends_at > world.now
