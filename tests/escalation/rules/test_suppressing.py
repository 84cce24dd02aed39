"""An alert that a suppress rule means is recorded, and pages nobody before the rule's end."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation import intake
from escalation.actions import config, respond, rules
from escalation.actions.steps import ConfigError
from escalation.models import AlertRule, Incident, RuleMatch, Service
from escalation.sources.event import Action, Event
from people import actions as people
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.world import KEY, TESTS


def test_it_is_recorded_and_pages_from_step_one_at_the_end(world):
    rule = world.rule()
    incident = world.fires()
    assert (incident.parked_reason, incident.quiet_until) == ("suppressed", rule.ends_at)
    assert world.wait(days=2, minutes=-1).sent() == []
    assert world.timeline(incident)[1] == (
        f"Watchbill: pages nobody before 2026-03-04 10:00 UTC (suppress rule #{rule.pk} of Ana Ruiz: "
        "the disk is on order)"
    )
    assert world.wait(minutes=1).sent() == [(2 * 24 * 60, "ana", "email")]
    assert "Watchbill: pages again; where nobody is on it, from step 1" in world.timeline(incident)


def test_what_it_does_not_mean_pages(world):
    world.rule()
    world.fires("cpu", labels={"alertname": "CpuHot"})
    assert [who for _, who, _ in world.tick().sent()] == ["ana"]


def test_a_sev_1_pages_unless_the_rule_says_so(world):
    world.rule()
    assert world.fires(severity="SEV-1").parked_reason == ""
    world.rule(match={"alertname": "Cpu*"}, severities=["SEV-1"])
    assert world.fires("cpu", labels={"alertname": "CpuHot"}, severity="SEV-1").parked_reason == "suppressed"


def test_an_event_that_the_rule_no_longer_means_pages(world):
    world.rule(match={"alertname": "DiskFull", "cluster": "eu1"})
    incident = world.fires()
    world.fires()
    incident.refresh_from_db()
    assert incident.parked_reason == "suppressed"
    world.fires(labels={"alertname": "DiskFull", "cluster": "eu2"})
    incident.refresh_from_db()
    assert incident.parked_reason == ""
    assert len(world.tick().sent()) == 1


def test_an_event_that_only_a_shorter_rule_means_is_quiet_for_as_long_as_that_one(world):
    long, short = world.rule(match={"cluster": "eu1"}), world.rule(ends_at=world.later(hours=5))
    incident = world.fires()
    assert incident.quiet_until == long.ends_at
    world.fires(labels={"alertname": "DiskFull", "cluster": "us1"})
    incident.refresh_from_db()
    assert incident.quiet_until == short.ends_at
    rules.end_rule(rule=short, by=TESTS, now=world.now)
    incident.refresh_from_db()
    assert incident.parked_reason == ""


def test_a_longer_rule_that_comes_later_quiets_nothing_that_is_open_for_longer(world):
    """Unless that is asked for."""
    short = world.rule(ends_at=world.later(hours=5))
    incident = world.fires()
    world.rule(match={"cluster": "eu1"})
    world.fires()
    incident.refresh_from_db()
    assert incident.quiet_until == short.ends_at


def test_a_worse_event_pages_where_the_rule_is_not_about_its_severity(world):
    world.rule()
    incident = world.fires(severity="SEV-3")
    world.fires(severity="SEV-2")
    incident.refresh_from_db()
    assert (incident.parked_reason, incident.severity) == ("suppressed", "SEV-2")
    world.fires(severity="SEV-1")
    incident.refresh_from_db()
    assert (incident.parked_reason, incident.severity) == ("", "SEV-1")


def test_of_two_rules_the_later_end_counts_and_an_end_of_one_leaves_the_other(world):
    short = world.rule(ends_at=world.later(days=1))
    long = world.rule(match={"cluster": "eu*"}, ends_at=world.later(days=3))
    incident = world.fires()
    assert incident.quiet_until == long.ends_at
    rules.end_rule(rule=long, by=TESTS, now=world.now)
    incident.refresh_from_db()
    assert (incident.parked_reason, incident.quiet_until) == ("suppressed", short.ends_at)
    rules.end_rule(rule=short, by=TESTS, now=world.now)
    incident.refresh_from_db()
    assert (incident.parked_reason, len(world.tick().sent())) == ("", 1)


def test_a_rule_ended_early_pages_at_once_and_says_who_ended_it(world):
    rule = world.rule()
    incident = world.fires()
    by = Actor.person(world.bo, via="web")
    assert rules.end_rule(rule=rule, by=by, now=world.now, why="the disk came")
    assert len(world.tick().sent()) == 1
    assert world.timeline(incident)[2] == (
        "Watchbill: pages again; where nobody is on it, from step 1 (suppressed; Bo Lind (web) ended "
        f"suppress rule #{rule.pk}: the disk came)"
    )
    assert world.fires("other").parked_reason == ""
    assert not rules.end_rule(rule=rule, by=by, now=world.now)


def test_a_resolved_one_stays_resolved_when_the_rule_ends(world):
    rule = world.rule()
    world.fires()
    incident = world.fires(action=Action.RESOLVE)
    assert incident.status == "resolved"
    rules.end_rule(rule=rule, by=TESTS, now=world.now)
    assert world.wait(days=3).sent() == []


def test_a_person_may_do_anything_with_it_and_what_they_escalate_pages(world):
    world.rule()
    noted, snoozed, taken, urgent, given = (world.fires(name) for name in "abcde")
    by = {"by": Actor.person(world.bo), "now": world.now}
    respond.note(incident_id=noted.pk, text="looked at it", **by)
    respond.snooze(incident_id=snoozed.pk, until=world.later(hours=1), **by)
    world.acknowledge(taken, world.bo)
    assert world.wait(hours=2).sent() == []
    by["now"] = world.now
    respond.escalate(incident_id=urgent.pk, **by)
    respond.reassign(incident_id=given.pk, users=[world.mia], **by)
    assert {who for _, who, _ in world.tick().sent()} == {"ana", "mia"}
    assert [line for line in world.timeline(noted) if "looked at it" in line]


def test_an_extended_rule_keeps_quiet_for_longer_and_a_shortened_one_for_less(world):
    rule = world.rule()
    incident = world.fires()
    rule = rules.change_rule(rule=rule, ends_at=world.later(days=5), by=TESTS, now=world.now)
    incident.refresh_from_db()
    assert incident.quiet_until == rule.ends_at == world.later(days=5)
    rules.change_rule(rule=rule, ends_at=world.later(hours=1), by=TESTS, now=world.now)
    incident.refresh_from_db()
    assert incident.quiet_until == world.later(hours=1)
    assert world.wait(minutes=59).sent() == []
    assert len(world.wait(minutes=1).sent()) == 1


def test_a_rule_that_is_no_longer_about_the_severity_lets_it_page(world):
    rule = world.rule()
    incident = world.fires()
    rules.change_rule(rule=rule, severities=["SEV-4"], by=TESTS, now=world.now)
    incident.refresh_from_db()
    assert incident.parked_reason == ""


def test_what_is_open_already_pages_on_unless_that_is_asked_for(world):
    loud, other = world.fires("a"), world.fires("b", labels={"alertname": "CpuHot"})
    world.tick()
    world.rule()
    loud.refresh_from_db()
    assert loud.parked_reason == ""
    world.rule(match={"cluster": "eu1"}, quiet_open=True)
    loud.refresh_from_db()
    other.refresh_from_db()
    assert (loud.parked_reason, other.parked_reason) == ("suppressed", "")
    before = len(world.sent())
    assert {who for _, who, _ in world.wait(minutes=30).sent()[before:]} == {"bo", "mia", "ana"}  # of b alone
    said = "\n".join(world.timeline(loud))
    assert (
        f"pages nobody before 2026-03-04 10:00 UTC (suppress rule #{AlertRule.objects.latest('pk').pk}"
        in said
    )


def test_whoever_is_on_it_stays_on_it_and_it_does_not_come_back_before_the_end(world):
    incident = world.fires()
    world.tick()
    world.acknowledge(incident, world.ana)
    world.rule(quiet_open=True)
    before = len(world.sent())
    assert len(world.wait(hours=47).sent()) == before
    world.wait(hours=2)
    assert len(world.sent()) > before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"match": {"alertname": "*"}}, "nothing but *"),
        ({"match": {f"l{n}": "x" for n in range(100)}}, "names 100 labels"),
        ({"match": {"alertname": "x" * 10_000}}, "longer than 500"),
        ({"ends_at": timedelta(0)}, "lies in the past"),
        ({"ends_at": timedelta(days=-3)}, "lies in the past"),
        ({"ends_at": timedelta(days=90, seconds=1)}, "lasts 90 days at most"),
        ({"ends_at": None}, "needs an end"),
        ({"severities": ["SEV-9"]}, "“SEV-9” is no severity"),
        ({"reason": "x" * 201}, "longer than 200"),
    ],
)
def test_a_rule_that_would_be_no_good_is_refused_and_nothing_is_written(world, fields, said):
    if isinstance(fields.get("ends_at"), timedelta):
        fields = {**fields, "ends_at": world.now + fields["ends_at"]}
    with pytest.raises(ConfigError, match="(?s)" + said.replace("*", r"\*")):
        world.rule(**fields)
    assert not AlertRule.objects.exists()
    assert not Service.objects.get().has_rules


def test_an_empty_match_is_refused(world):
    spec = rules.RuleSpec(service=world.service, kind=rules.Kind.TRIAL, match={}, owner=world.ana)
    with pytest.raises(ConfigError, match="names no label"):
        rules.create_rule(spec=spec, by=TESTS, now=world.now)


def test_somebody_who_has_left_owns_no_rule(world):
    people.deactivate_user(user=world.bo, by=TESTS, now=world.now)
    with pytest.raises(ConfigError, match="Bo Lind has left"):
        world.rule(owner=world.bo)


def test_a_rule_of_one_who_leaves_silences_nothing_from_then_on(world):
    world.rule(owner=world.bo)
    people.deactivate_user(user=world.bo, by=TESTS, now=world.now)
    assert world.fires().parked_reason == ""


def test_a_second_rule_about_the_same_alerts_is_refused_and_the_first_one_named(world):
    first = world.rule(match={"a": "1", "b": "2"})
    with pytest.raises(ConfigError, match=f"Suppress rule #{first.pk} of Ana Ruiz .* extend that one"):
        world.rule(match={"b": "2", "a": "1"})
    world.trial(match={"b": "2", "a": "1"})
    rules.end_rule(rule=first, by=TESTS, now=world.now)
    world.rule(match={"b": "2", "a": "1"})


def test_a_rule_whose_value_has_a_comma_is_not_taken_for_another_one(world):
    first, second = world.rule(match={"a": "1, b=2"}), world.rule(match={"a": "1", "b": "2"})
    assert first.match_digest != second.match_digest


def test_one_may_be_made_again_right_after_its_end(world):
    world.rule(ends_at=world.later(minutes=1))
    world.now = world.later(minutes=1)
    world.rule()


def test_what_is_over_cannot_be_changed(world):
    rule = world.rule()
    world.now = world.later(days=2)
    with pytest.raises(ConfigError, match=r"Suppress rule #\d+ has been over since 2026-03-04 10:00 UTC"):
        rules.change_rule(rule=rule, ends_at=world.later(days=3), by=TESTS, now=world.now)


def test_a_retired_service_has_no_rules(world):
    rule = world.rule()
    config.retire_service(service=world.service, by=TESTS, now=world.now)
    rule.refresh_from_db()
    assert rule.ended_at == world.now
    with pytest.raises(ConfigError, match="is retired"):
        world.rule()


def test_the_database_wants_an_end(world):
    rule = world.rule()
    for wrong in ({"ends_at": None}, {"ends_at": rule.created_at}, {"ended_at": world.later(days=9)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AlertRule.objects.filter(pk=rule.pk).update(**wrong)


def test_what_was_done_stands_in_the_ledger(world):
    rule = world.rule()
    rules.change_rule(rule=rule, owner=world.bo, reason="still on order", by=TESTS, now=world.now)
    rules.change_rule(rule=rule, owner=world.bo, by=TESTS, now=world.now)
    rules.end_rule(rule=rule, by=TESTS, now=world.now)
    of, end = "of service payments-api", "2026-03-04 10:00 UTC"
    said = Entry.objects.filter(subject_type="rule", subject_id=rule.pk).order_by("pk")
    assert [(one.verb, one.what) for one in said] == [
        (
            "alert_rule.created",
            f"made suppress rule #{rule.pk} {of}: alertname=DiskFull pages nobody before {end}",
        ),
        (
            "alert_rule.changed",
            f"changed suppress rule #{rule.pk} {of}: owner to Bo Lind, reason to still on order",
        ),
        (
            "alert_rule.ended",
            f"ended suppress rule #{rule.pk} {of}: alertname=DiskFull pages again",
        ),
    ]


def test_its_alerts_are_counted_once_each_with_the_last_time_they_came(world):
    rule = world.rule()
    world.fires("a")
    world.fires("b")
    world.now = world.later(minutes=5)
    world.fires("a")
    seen = list(RuleMatch.objects.filter(rule=rule).order_by("pk").values_list("alert__dedup_key", "last_at"))
    assert seen == [("a", world.now), ("b", world.later(minutes=-5))]


def test_a_service_without_rules_is_asked_nothing_about_them(world):
    """Neither for an alert that is new nor for one that comes again."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            world.fires()
        said = [one["sql"].replace("has_rules", "").replace("severity_rules", "") for one in asked]
        assert not [sql for sql in said if "rule" in sql]


def test_as_many_statements_for_many_alerts_as_for_one(world):
    world.rule()

    def asked(count, name):
        events = [
            Event(
                action=Action.TRIGGER,
                dedup_key=f"{name}{n}",
                summary="full",
                severity="SEV-2",
                labels={"alertname": "DiskFull"},
            )
            for n in range(count)
        ]
        said = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as found:
                intake.receive(key=KEY, events=events, source="tests", now=world.now)
            said.append(len(found))
        return said

    one = asked(1, "one")
    assert asked(20, "many") == one
    assert Incident.objects.filter(parked_reason="suppressed").count() == 21
