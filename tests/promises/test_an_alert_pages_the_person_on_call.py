from datetime import timedelta

import pytest

from escalation.models import Alert, Incident
from escalation.sources.event import Action
from oncall import actions as oncall
from paging.actions import contacts
from people.actions import deactivate_user
from tests.world import MONDAY, TESTS


def test_an_alert_pages_the_primary_at_once(world):
    world.alert()
    assert world.tick().sent() == [(0, "ana", "email")]


def test_the_same_key_again_is_the_same_incident_and_pages_nobody_again(world):
    first = world.alert()
    world.tick()
    assert world.alert() == first
    assert world.tick().sent() == [(0, "ana", "email")]
    assert Alert.objects.get().event_count == 2


def test_the_same_key_after_a_resolve_is_a_new_incident_marked_as_recurred(world):
    first = world.alert()
    world.alert(action=Action.RESOLVE)
    world.wait(minutes=59)
    second = world.alert()
    assert second != first
    assert second.recurred


def test_an_hour_after_the_resolve_it_has_not_recurred(world):
    world.alert()
    world.alert(action=Action.RESOLVE)
    world.wait(minutes=60, seconds=1)
    assert not world.alert().recurred


def test_the_secondary_then_the_manager_are_paged_when_nobody_acknowledges_and_then_again(world):
    world.alert()
    world.wait(minutes=29, seconds=59)
    assert world.sent() == [
        (0, "ana", "email"),
        (5, "bo", "email"),
        (10, "mia", "email"),
        (15, "ana", "email"),
        (20, "bo", "email"),
        (25, "mia", "email"),
    ]


def test_an_exhausted_policy_pages_the_managers_once_and_says_so(world):
    incident = world.alert()
    world.wait(hours=5)
    assert world.sent()[6:] == [(30, "mia", "email")]
    assert any("exhausted" in line for line in world.timeline(incident))
    incident.refresh_from_db()
    assert incident.parked_reason == "exhausted"


def test_an_acknowledgement_stops_the_paging_of_everyone(world):
    incident = world.alert()
    world.wait(minutes=6)
    world.acknowledge(incident, world.bo)
    world.wait(minutes=29)
    assert world.sent() == [(0, "ana", "email"), (5, "bo", "email")]


def test_what_was_not_yet_sent_is_cancelled_by_an_acknowledgement(world):
    contacts.set_contact_method(user=world.ana, kind="sms", address="+14155550101", by=TESTS, now=world.now)
    rules = [("email", timedelta(0)), ("sms", timedelta(minutes=2))]
    contacts.set_rules(user=world.ana, urgency="high", rules=rules, by=TESTS, now=world.now)
    incident = world.alert()
    world.wait(minutes=1)
    world.acknowledge(incident, world.ana)
    world.wait(minutes=10)
    assert world.sent() == [(0, "ana", "email")]


def test_an_acknowledgement_that_nothing_follows_runs_out_and_pages_from_step_one(world):
    incident = world.alert()
    world.wait(minutes=1)
    world.acknowledge(incident, world.ana)
    world.wait(minutes=30)
    assert world.sent()[-1] == (31, "ana", "email")


def test_a_resolve_by_the_source_ends_it(world):
    incident = world.alert()
    world.tick().alert(action=Action.RESOLVE)
    world.wait(hours=3)
    incident.refresh_from_db()
    assert incident.status == "resolved"
    assert world.sent() == [(0, "ana", "email")]


def test_a_cover_is_paged_instead_of_the_one_who_is_covered(world):
    oncall.add_override(
        schedule=world.schedule,
        role="primary",
        kind="cover",
        start=world.now,
        end=world.now + timedelta(hours=2),
        user=world.bo,
        by=TESTS,
        now=world.now,
    )
    world.alert()
    assert world.tick().sent() == [(0, "bo", "email")]


@pytest.mark.parametrize(("seconds", "paged"), [(-1, "ana"), (0, "bo"), (1, "bo")])
def test_at_the_handoff_to_the_second_the_new_one_is_paged(world, seconds, paged):
    world.now = world.began = MONDAY + timedelta(weeks=1, seconds=seconds)
    world.alert()
    assert world.tick().sent()[0][1] == paged


def test_a_person_who_left_is_skipped_at_once_and_it_says_so(world):
    deactivate_user(user=world.ana, by=TESTS, now=world.now)
    incident = world.alert()
    assert world.tick().sent() == [(0, "bo", "email")]
    assert any("nobody to page" in line and "step 1" in line for line in world.timeline(incident))


def test_a_person_without_a_usable_method_is_skipped_at_once_and_it_says_so(world):
    contacts.disable_contact_method(
        method=world.ana.contact_methods.get(), reason="bounced", by=TESTS, now=world.now
    )
    incident = world.alert()
    assert world.tick().sent() == [(0, "bo", "email")]
    assert any("no usable contact method of Ana Ruiz" in line for line in world.timeline(incident))


def test_when_no_step_reaches_anyone_the_site_s_fallback_contact_is_paged(world, settings):
    settings.FALLBACK_CONTACT = "noc@example.com"
    for user in (world.ana, world.bo, world.mia):
        deactivate_user(user=user, by=TESTS, now=world.now)
    world.alert()
    assert world.tick().sent() == [(0, ":fallback", "email")]


def test_low_urgency_wakes_nobody(world):
    incident = world.alert(severity="SEV-4")
    world.wait(hours=12)
    assert world.sent() == []
    incident.refresh_from_db()
    assert incident.parked_reason == "low urgency"


def test_a_higher_severity_of_the_same_key_raises_it_and_pages(world):
    world.alert(severity="SEV-4")
    world.wait(minutes=3)
    world.alert(severity="SEV-1")
    assert world.tick().sent() == [(3, "ana", "email")]


def test_the_policy_is_frozen_when_the_incident_triggers(world):
    world.alert()
    world.tick()
    world.policy.steps.all().delete()
    world.wait(minutes=5)
    assert world.sent()[-1] == (5, "bo", "email")


def test_every_step_is_on_the_timeline_with_who_what_and_why(world):
    incident = world.alert()
    world.wait(minutes=5)
    world.acknowledge(incident, world.bo)
    told = "\n".join(world.timeline(incident))
    for piece in (
        "tests (tests): triggered",
        "paging Ana Ruiz",
        "primary, step 1",
        "paging Bo Lind",
        "Bo Lind (link): acknowledged",
    ):
        assert piece in told


def test_one_incident_that_cannot_be_decided_does_not_keep_the_others_waiting(world):
    broken = world.alert("broken")
    Incident.objects.filter(pk=broken.pk).update(policy={"nonsense": True})
    world.alert("fine")
    assert set(world.tick().sent()) == {
        (0, "ana", "email"),
        (0, "mia", "email"),
    }  # Mia hears of the broken one
    broken.refresh_from_db()
    assert broken.wake_at == world.now + timedelta(seconds=30)
