"""A fault of one thing is one thing's fault: the others are paged, and somebody hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from escalation import engine, wording
from escalation.actions import config, respond
from escalation.loading import policy_of
from escalation.models import Incident
from escalation.sources.event import Action
from oncall.models import ScheduleVersion
from paging import dispatch
from paging.actions import contacts
from paging.actions.pages import fallback_recipient
from paging.channels.base import ChannelError, Fault
from paging.channels.outbox import OutboxChannel
from people.actions import deactivate_user
from people.ledger.record import Actor
from tests.world import TESTS, World


def test_a_schedule_that_cannot_be_resolved_is_skipped_and_the_next_step_is_paged(world):
    ScheduleVersion.objects.update(time_zone="Mars/Olympus")
    incident = world.alert()
    assert world.tick().sent() == [(0, "mia", "email")]
    assert any("nobody to page" in line for line in world.timeline(incident))


def test_beside_a_target_that_cannot_be_resolved_the_others_of_its_step_are_paged(world):
    steps = [
        world.step(
            config.TargetSpec(schedule=world.schedule, role="primary"), config.TargetSpec(user=world.bo)
        )
    ]
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    ScheduleVersion.objects.update(time_zone="Mars/Olympus")
    world.alert()
    assert world.tick().sent() == [(0, "bo", "email")]


def test_an_incident_that_the_database_refuses_holds_up_none_behind_it(world, monkeypatch):
    broken = world.alert("broken")
    facts = wording.facts

    def refused(row, *args, **words):
        if row.pk == broken.pk:
            raise IntegrityError("refused")
        return facts(row, *args, **words)

    monkeypatch.setattr(wording, "facts", refused)
    world.wait(minutes=1)
    world.alert("fine")
    assert (1, "ana", "email") in world.tick().sent()


def test_what_cannot_be_decided_is_told_to_the_managers_once(world):
    broken = world.alert()
    Incident.objects.filter(pk=broken.pk).update(policy={"nonsense": True})
    for _ in range(10):
        world.wait(minutes=1)
    assert world.sent() == [(0, "mia", "email")]


def test_somebody_who_left_is_not_paged_by_rules_that_still_run(world):
    rules = [("email", timedelta(0)), ("email", timedelta(minutes=3))]
    contacts.set_rules(user=world.ana, urgency="high", rules=rules, by=TESTS, now=world.now)
    world.alert()
    world.tick()
    deactivate_user(user=world.ana, by=TESTS, now=world.now)
    world.wait(minutes=4)
    assert world.sent() == [(0, "ana", "email")]


def test_a_person_called_fallback_keeps_their_own_phone(world, settings):
    settings.FALLBACK_CONTACT = "noc@example.com"
    person = world.person("fallback", "Falk Back")
    assert fallback_recipient(now=world.now) != person.pk
    assert person.contact_methods.get().disabled_reason == ""


def test_a_policy_is_frozen_from_one_moment(world, django_assert_num_queries):
    """Of an edit that is committed between two queries, one half would be frozen for ever."""
    service = type(world.service).objects.select_related("policy").get()
    with django_assert_num_queries(1):
        assert [len(step.targets) for step in policy_of(service).steps] == [1, 1, 1]


@pytest.mark.django_db
def test_a_hold_that_ends_during_an_outage_is_not_made_up_for_at_night():
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    world = World(now=evening)
    hours = {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "start": "09:00",
        "end": "18:00",
        "time_zone": "UTC",
    }
    config.change_service(service=world.service, support_hours=hours, by=TESTS, now=world.now)
    world.alert(severity="SEV-3")
    world.now = evening + timedelta(hours=31)  # Wednesday at 03:00; nothing ran on Tuesday
    assert world.tick().sent() == []
    world.wait(hours=6)
    assert [row[1] for row in world.sent()] == ["ana"]


def test_the_cause_stands_before_what_it_brings_about(world):
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.bo)
    told = world.timeline(incident)
    said = next(n for n, line in enumerate(told) if "Bo Lind (link): acknowledged" in line)
    done = next(n for n, line in enumerate(told) if "stopped paging" in line)
    assert said < done


@pytest.fixture
def refused(monkeypatch):
    """Addresses that every provider refuses for good."""
    addresses: set[str] = set()
    send = OutboxChannel.send

    def checked(self, message):
        if message.to in addresses:
            raise ChannelError("550 no such mailbox", fault=Fault.MESSAGE)
        return send(self, message)

    monkeypatch.setattr(OutboxChannel, "send", checked)
    return addresses


def test_when_every_message_of_a_step_failed_the_next_one_runs_at_once(world, refused):
    refused.add(world.ana.email)
    incident = world.alert()
    assert world.tick().tick().sent() == [(0, "bo", "email")]
    assert any("nobody of the step was reached" in line for line in world.timeline(incident))


def test_a_fault_in_looking_at_the_unreached_holds_up_nobody_else(world, refused):
    refused.add(world.ana.email)
    broken = world.alert("broken")
    world.tick()
    Incident.objects.filter(pk=broken.pk).update(policy={"nonsense": True})
    world.alert("fine")
    refused.clear()
    assert (0, "ana", "email") in world.tick().sent()


def test_one_who_was_reached_is_given_their_time(world, refused):
    steps = [
        world.step(config.TargetSpec(user=world.ana), config.TargetSpec(user=world.bo)),
        world.step(config.TargetSpec(user=world.mia)),
    ]
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    refused.add(world.ana.email)
    world.alert()
    world.wait(minutes=4, seconds=59)
    assert world.sent() == [(0, "bo", "email")]
    assert world.wait(seconds=1).sent()[-1] == (5, "mia", "email")


def test_when_nobody_at_all_can_be_reached_the_fallback_contact_hears_at_once(world, refused, settings):
    settings.FALLBACK_CONTACT = "noc@example.com"
    refused.update({world.ana.email, world.bo.email, world.mia.email})
    world.alert()
    for _ in range(12):
        world.tick()
    assert world.sent() == [(0, ":fallback", "email")]


def test_a_failure_after_the_acknowledgement_escalates_nothing(world, refused):
    rules = [("email", timedelta(0)), ("email", timedelta(minutes=2))]
    contacts.set_rules(user=world.ana, urgency="high", rules=rules, by=TESTS, now=world.now)
    refused.add(world.ana.email)
    incident = world.alert()
    engine.run_due(clock=lambda: world.now)
    world.acknowledge(incident, world.bo)
    assert world.tick().tick().sent() == []


def snoozed(*, incident_id, by, now):
    respond.snooze(incident_id=incident_id, until=now + timedelta(hours=1), by=by, now=now)


def reassigned(*, incident_id, by, now):
    respond.reassign(incident_id=incident_id, users=[by.user], by=by, now=now)


def unresolved(world, user):
    """After ten minutes unresolved, whoever is on it, `user` is paged."""
    steps = [
        world.step(config.TargetSpec(user=world.ana), minutes=30),
        config.StepSpec(after=timedelta(minutes=10), targets=(config.TargetSpec(user=user),)),
    ]
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)


@pytest.mark.parametrize("acknowledged", [False, True])
def test_where_the_ten_minute_step_reaches_nobody_the_managers_are_asked(world, refused, acknowledged):
    boss = world.person("boss", "Boss Berg")
    unresolved(world, boss)
    refused.add(boss.email)
    incident = world.alert()
    world.tick()
    if acknowledged:
        world.acknowledge(incident, world.ana)
    world.wait(minutes=10)
    assert world.tick().sent() == [(0, "ana", "email"), (10, "mia", "email")]
    assert any("asked instead" in line for line in world.timeline(incident))


@pytest.mark.parametrize("acknowledged", [False, True])
def test_where_the_ten_minute_step_finds_nobody_the_managers_are_asked(world, acknowledged):
    gone = world.person("gone", "Gone Away")
    unresolved(world, gone)
    incident = world.alert()
    deactivate_user(user=gone, by=TESTS, now=world.now)
    world.tick()
    if acknowledged:
        world.acknowledge(incident, world.ana)
    assert world.wait(minutes=10).sent() == [(0, "ana", "email"), (10, "mia", "email")]


def test_where_those_managers_cannot_be_reached_either_the_fallback_contact_is(world, refused, settings):
    settings.FALLBACK_CONTACT = "noc@example.com"
    boss = world.person("boss", "Boss Berg")
    unresolved(world, boss)
    refused.update({boss.email, world.mia.email})
    world.acknowledge(world.alert(), world.ana)
    world.wait(minutes=10)
    for _ in range(3):
        world.tick()
    assert world.sent() == [(10, ":fallback", "email")]


@pytest.mark.parametrize("fallback", ["", "noc@example.com"])
def test_an_outage_of_every_way_does_not_outlast_the_policy(world, refused, settings, fallback):
    """All is tried again until somebody is reached; then it is over, as any policy is."""
    settings.FALLBACK_CONTACT = fallback
    everybody = {world.ana.email, world.bo.email, world.mia.email, "noc@example.com"}
    refused.update(everybody)
    incident = world.alert()
    for _ in range(40):
        world.wait(minutes=1)
    assert world.sent() == []
    assert any("nobody at all could be reached" in line for line in world.timeline(incident))
    refused.clear()
    for _ in range(60):
        world.wait(minutes=1)
    assert {who for _, who, _ in world.sent()} == {"ana", "bo", "mia"}
    incident.refresh_from_db()
    assert (incident.parked_reason, incident.wake_at) == ("exhausted", None)


def test_where_nobody_has_a_way_at_all_it_is_tried_again_and_again_and_said_each_time(db):
    world = World(kinds=())
    incident = world.alert()
    world.wait(hours=2)
    told = [line for line in world.timeline(incident) if "nobody at all could be reached" in line]
    assert 8 <= len(told) <= 24
    contacts.set_contact_method(
        user=world.ana, kind="email", address="ana@example.com", by=TESTS, now=world.now
    )
    assert world.wait(minutes=15).sent()[0][1] == "ana"  # LONGEST_WAIT


def test_what_a_later_version_parked_is_acknowledged_and_resolved_by_this_one(world):
    incident = world.alert()
    Incident.objects.filter(pk=incident.pk).update(parked_reason="a word of tomorrow")
    assert world.acknowledge(incident, world.bo).status == "acknowledged"
    world.alert(action=Action.RESOLVE)
    incident.refresh_from_db()
    assert incident.status == "resolved"


@pytest.mark.parametrize("act", [respond.acknowledge, snoozed, reassigned])
def test_an_answer_in_that_very_moment_keeps_the_ten_minute_step_from_nobody(world, act):
    """It comes whoever is on it: a page that was written and has not left is not cancelled by an answer."""
    boss = world.person("boss", "Boss Berg")
    unresolved(world, boss)
    incident = world.alert()
    world.tick()
    world.now += timedelta(minutes=10)
    engine.run_due(clock=lambda: world.now)  # the page to Boss Berg is written
    act(incident_id=incident.pk, by=Actor.person(world.ana, via="link"), now=world.now)
    dispatch.send_due(clock=lambda: world.now)
    assert (10, "boss", "email") in world.sent()


def test_who_has_been_told_of_it_is_told_no_more_after_an_answer(world):
    boss = world.person("boss", "Boss Berg")
    rules = [("email", timedelta(0)), ("email", timedelta(minutes=3))]
    contacts.set_rules(user=boss, urgency="high", rules=rules, by=TESTS, now=world.now)
    unresolved(world, boss)
    incident = world.alert()
    world.wait(minutes=10)
    world.acknowledge(incident, world.ana)
    world.wait(minutes=5)
    assert [line for line in world.sent() if line[1] == "boss"] == [(10, "boss", "email")]


def test_their_own_answer_and_a_resolve_leave_nothing_to_tell(world):
    boss = world.person("boss", "Boss Berg")
    unresolved(world, boss)
    for answer, who in [(respond.acknowledge, boss), (respond.resolve, world.ana)]:
        incident = world.alert(f"disk of {who.username}")
        world.tick()
        world.now += timedelta(minutes=10)
        engine.run_due(clock=lambda: world.now)
        answer(incident_id=incident.pk, by=Actor.person(who, via="link"), now=world.now)
        dispatch.send_due(clock=lambda: world.now)
        assert not [line for line in world.sent() if line[1] == "boss"]
