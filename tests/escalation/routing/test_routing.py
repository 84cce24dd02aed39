"""What a routing rule makes of what comes by a key: where it goes, how bad it is, and how it ends there."""

import pytest
from django.db import DatabaseError, OperationalError

from escalation import intake
from escalation.actions import config
from escalation.actions.routing import remove_routing_rule
from escalation.actions.rules import Kind, RuleSpec, create_rule
from escalation.intake import routing
from escalation.models import Alert, Incident, RoutingRule, Service
from escalation.sources.event import Action, Event
from tests.escalation.routing.conftest import DB_KEY, DISK, said
from tests.world import TESTS


def test_what_a_rule_means_is_paged_by_the_service_it_leads_to(world):
    world.route(to=world.database)
    alert = world.fires()
    assert (alert.service, alert.origin, alert.sent_key) == (world.database, world.service, "disk")
    assert world.tick().sent() == [(0, "dee", "email")]


def test_what_no_rule_means_stays(world):
    world.route(to=world.database)
    alert = world.fires("cpu", labels={"alertname": "CpuHot"})
    assert (alert.service, alert.origin) == (world.service, None)
    assert world.tick().sent() == [(0, "ana", "email")]


def test_the_first_rule_that_fits_counts(world):
    third = world.another("third")
    world.route({"cluster": "us*"}, to=third)
    world.route({"alertname": "DiskFull"}, to=world.database)
    world.route({"cluster": "eu1"}, to=third)
    assert world.fires().service == world.database


def test_a_severity_of_a_rule_wins_over_source_and_service(world):
    Service.objects.filter(pk=world.service.pk).update(
        severity_rules=[{"match": {"alertname": "DiskFull"}, "severity": "SEV-1"}]
    )
    world.route(severity="SEV-4")
    alert = world.fires(severity="SEV-1")
    assert (alert.service, alert.severity, alert.incident.urgency) == (world.service, "SEV-4", "low")
    assert world.tick().sent() == []
    assert any(
        "routing rule 1 of payments-api (alertname=Disk*) makes it SEV-4" in w for w in world.timeline(alert)
    )


def test_an_urgency_of_a_rule_wins_over_what_the_service_makes_of_the_severity(world):
    world.route(urgency="high", severity="SEV-4")
    world.route({"alertname": "Cpu*"}, urgency="low")
    assert world.fires().incident.urgency == "high"
    assert world.fires("cpu", labels={"alertname": "CpuHot"}, severity="SEV-1").incident.urgency == "low"


def test_the_destination_grades_groups_and_silences_what_comes_there(world):
    Service.objects.filter(pk=world.database.pk).update(
        severity_rules=[{"match": {"alertname": "DiskFull"}, "severity": "SEV-3"}]
    )
    spec = RuleSpec(
        service=world.database,
        kind=Kind.SUPPRESS,
        match={"cluster": "eu1"},
        owner=world.dee,
        ends_at=world.now.replace(day=4),
    )
    create_rule(spec=spec, by=TESTS, now=world.now)
    world.route(to=world.database)
    alert = world.fires()
    assert (alert.severity, alert.incident.parked_reason) == ("SEV-3", "suppressed")
    assert world.tick().sent() == []


def test_the_timeline_says_by_which_rule_it_came_and_from_where(world):
    world.route({"alertname": "Cpu*"}, severity="SEV-1")
    world.route(to=world.database, severity="SEV-3")
    (line, *_) = [line for line in world.timeline(world.fires()) if line.startswith("triggered")]
    assert "routing rule 2 of payments-api (alertname=Disk*) sends it here, as SEV-3" in line


def test_what_was_sent_on_is_not_sent_on_again(world):
    third = world.another("third")
    world.route(to=world.database)
    world.route(service=world.database, to=third)
    assert world.fires().service == world.database
    assert world.fires("own", key=DB_KEY).service == third


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.ACKNOWLEDGE])
def test_a_later_event_without_labels_finds_its_alert_where_it_lies(world, action):
    world.route(to=world.database)
    alert = world.fires()
    world.posts(Event(action=action, dedup_key="disk"))
    alert.refresh_from_db()
    expected = "resolved" if action is Action.RESOLVE else "acknowledged"
    assert alert.incident.status == expected


def test_what_is_open_stays_where_it_lies_and_only_new_alerts_go_by_new_rules(world):
    before = world.fires()
    world.route(to=world.database)
    world.fires()
    before.refresh_from_db()
    assert (before.service, before.event_count, Alert.objects.count()) == (world.service, 2, 1)
    world.ends()
    assert world.fires().service == world.database


def test_what_was_sent_on_ends_also_when_all_rules_are_gone(world):
    rule = world.route(to=world.database)
    alert = world.fires()
    remove_routing_rule(rule=rule, by=TESTS, now=world.now)
    world.fires()
    alert.refresh_from_db()
    assert alert.event_count == 2
    assert intake.forget_routing() == 0
    world.ends()
    alert.refresh_from_db()
    assert alert.incident.status == "resolved"
    assert intake.forget_routing() == 1
    assert world.fires().service == world.service


def test_one_post_may_open_and_end_and_open_again(world):
    world.route(to=world.database)
    over = Event(action=Action.RESOLVE, dedup_key="disk")
    world.posts(said(), over, said(labels={"alertname": "CpuHot"}))
    rows = Alert.objects.order_by("service__name").values_list("service__name", "status")
    assert list(rows) == [("payments-api", "open"), ("shop-db", "resolved")]


def test_a_whole_group_ends_in_every_service_it_was_sent_to_and_nobody_elses_does(world):
    world.route(to=world.database)
    world.posts(said("disk", group_key="g"), said("cpu", labels={"alertname": "Cpu"}, group_key="g"))
    world.posts(said("theirs", group_key="g", labels={}), key=DB_KEY)
    assert world.open_in(world.database) == ["disk", "theirs"]
    world.posts(Event(action=Action.RESOLVE, dedup_key="", group_key="g", whole_group=True))
    assert (world.open_in(world.service), world.open_in(world.database)) == ([], ["theirs"])
    assert Incident.objects.filter(status="resolved").count() == 2


def test_two_senders_with_one_dedup_key_neither_count_on_nor_end_each_other_s_alerts(world):
    world.route(to=world.database)
    theirs, sent_on = world.fires(key=DB_KEY), world.fires()
    assert theirs.pk != sent_on.pk
    assert (theirs.sent_key, sent_on.sent_key) == ("disk", "disk")
    world.ends()
    assert Alert.objects.get(status="open").pk == theirs.pk
    again = world.fires()
    world.ends(key=DB_KEY)
    assert Alert.objects.get(status="open").pk == again.pk


def test_the_longest_keys_are_told_apart_and_end(world):
    world.route(to=world.database)
    one, other = "k" * 254 + "a", "k" * 254 + "b"
    world.posts(said(one), said(other))
    world.ends(one)
    assert Alert.objects.filter(status="open").count() == 1
    world.ends(other)
    assert not Alert.objects.filter(status="open").exists()


def test_it_recurs_where_it_was_sent(world):
    world.route(to=world.database)
    world.fires()
    world.ends()
    assert world.fires().incident.recurred


def test_a_rule_to_a_service_that_is_retired_is_passed_over(world):
    world.route(to=world.database)
    world.route(severity="SEV-1")
    Service.objects.filter(pk=world.database.pk).update(retired_at=world.now)
    alert = world.fires()
    assert (alert.service, alert.severity) == (world.service, "SEV-1")
    assert world.tick().sent() == [(0, "ana", "email")]


@pytest.mark.parametrize(
    "broken", [{"match": []}, {"match": {}}, {"match": {"a": 1}}, {"severity": "SEV-9"}, {"urgency": "x"}]
)
def test_a_rule_that_cannot_be_read_is_passed_over_and_loses_nothing(world, broken):
    rule = world.route(to=world.database)
    RoutingRule.objects.filter(pk=rule.pk).update(**broken)
    assert world.fires().service == world.service
    assert world.tick().sent() == [(0, "ana", "email")]


def test_a_fault_in_routing_loses_nothing(world, monkeypatch):
    def fails(*args, **kwargs):
        raise ZeroDivisionError

    world.route(to=world.database)
    monkeypatch.setattr(routing, "split", fails)
    assert world.fires().service == world.service


def test_a_query_that_the_database_refuses_loses_nothing(world, monkeypatch):
    def refused(*args, **kwargs):
        Service.objects.create(name=world.service.name, policy=world.policy)  # there is one of that name

    world.route(to=world.database)
    monkeypatch.setattr(routing, "routes_of", refused)
    assert world.fires().service == world.service


def test_an_outage_is_told_to_the_sender(world, monkeypatch):
    def out(*args, **kwargs):
        raise OperationalError("gone")

    world.route(to=world.database)
    monkeypatch.setattr(routing, "routes_of", out)
    with pytest.raises(DatabaseError):
        world.fires()
    assert not Alert.objects.exists()


def test_a_service_without_rules_asks_nothing_about_them(world, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert routing.destinations(world.service, [said()]) == [(world.service, [said()])]


def test_as_many_statements_for_many_events_and_rules_as_for_one(world, django_assert_num_queries):
    world.route({"cluster": "eu1"}, to=world.database)
    service = Service.objects.get(pk=world.service.pk)
    with django_assert_num_queries(5):  # two of them a savepoint
        routing.destinations(service, [said()])
    for n in range(20):
        world.route({"alertname": f"Other{n}"}, to=world.database)
    with django_assert_num_queries(5):
        routing.destinations(service, [said(f"disk{n}") for n in range(50)])


def test_a_post_of_many_goes_to_several_services(world):
    third = world.another("third")
    world.route({"team": "db"}, to=world.database)
    world.route({"team": "third"}, to=third)
    teams = ["db", "third", "none"]
    world.posts(*[said(f"d{n:03}", labels={"team": teams[n % 3]}) for n in range(150)])
    assert [Alert.objects.filter(service=one).count() for one in (world.database, third, world.service)] == [
        50
    ] * 3
    assert Incident.objects.count() == 150


def test_retiring_a_service_that_others_lead_to_is_refused_with_a_sentence(world):
    world.route(to=world.database)
    with pytest.raises(config.ConfigError, match=r"Routing rule 1 of “payments-api”.*let it lead elsewhere"):
        config.retire_service(service=world.database, by=TESTS, now=world.now)
    config.retire_service(service=world.service, by=TESTS, now=world.now)
    assert not RoutingRule.objects.exists()
    config.retire_service(service=world.database, by=TESTS, now=world.now)


def test_incidents_by_hand_and_heartbeats_come_by_no_key_and_stay(world):
    world.route({"alertname": "*Full"}, to=world.database)
    service = Service.objects.get(pk=world.service.pk)
    incident = intake.raise_alert(service=service, event=said(labels=DISK), by=TESTS, now=world.now)
    assert incident.service == world.service
