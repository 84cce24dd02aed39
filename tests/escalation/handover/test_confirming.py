"""Who comes on confirms item by item; what is open becomes theirs, and what nobody confirms is told."""

from datetime import timedelta

import pytest

from escalation.actions import respond
from escalation.handover import confirming
from escalation.handover.note import Refused
from escalation.models import Incident
from oncall.models import Handoff
from paging.models import Page
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.escalation.handover.monday import HANDOFF, Monday
from tests.racing import at_once

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def acknowledged(world) -> Incident:
    """Ana is on it, since ten minutes before the handoff."""
    world.at(HANDOFF - 12 * MINUTE)
    incident = world.alert()
    world.engine().at(HANDOFF - 10 * MINUTE).acknowledge(incident, world.ana)
    return incident


def now_of(incident: Incident) -> Incident:
    return Incident.objects.select_related("acknowledged_by").get(pk=incident.pk)


def test_an_open_incident_becomes_the_incoming_persons_on_confirmation(world, acknowledged):
    handoff = world.hand_over()
    assert now_of(acknowledged).acknowledged_by == world.ana
    world.at(HANDOFF + 5 * MINUTE).confirm(handoff)
    found = now_of(acknowledged)
    assert (found.acknowledged_by, found.acknowledged_at) == (world.bo, world.now)
    assert found.hold_until == world.now + 30 * MINUTE
    assert "Bo Lind: acknowledged; everyone's paging stops (with the handoff of primary of Payments)" in (
        world.timeline(acknowledged)
    )


def test_if_nobody_confirms_escalation_goes_on(world, acknowledged):
    world.hand_over()
    world.at(HANDOFF + 20 * MINUTE).tick()
    assert now_of(acknowledged).status == "triggered"
    assert world.sent()[-1][1] == "bo"  # who is primary by now


def test_an_incident_nobody_answered_stops_paging_when_it_is_confirmed(world):
    incident = world.at(HANDOFF - MINUTE).alert()
    world.tick()
    handoff = world.hand_over()
    world.at(HANDOFF + MINUTE).confirm(handoff)
    assert now_of(incident).acknowledged_by == world.bo
    world.wait(minutes=25)
    paged = Page.objects.filter(cause=f"incident:{incident.pk}").exclude(urgency="info")
    assert [page.user for page in paged] == [world.ana]


def test_who_is_not_on_call_takes_nothing_over_by_confirming(world, acknowledged):
    """A manager at a desk, or somebody a week late: the incident stays with who is paged for it."""
    handoff = world.hand_over()
    world.at(HANDOFF + 5 * MINUTE).confirm(handoff, by=world.mia)
    assert Handoff.objects.get(pk=handoff.pk).confirmed_by == world.mia
    assert now_of(acknowledged).acknowledged_by == world.ana


def test_a_snoozed_one_stays_snoozed_until_the_same_time(world, acknowledged):
    until = HANDOFF + 20 * HOUR
    respond.snooze(incident_id=acknowledged.pk, until=until, by=Actor.person(world.ana), now=world.now)
    handoff = world.hand_over()
    world.confirm(handoff)
    found = now_of(acknowledged)
    assert (found.acknowledged_by, found.hold_until, found.status) == (world.bo, until, "acknowledged")
    world.at(until - MINUTE).engine()
    assert now_of(acknowledged).status == "acknowledged"
    world.at(until).engine()
    assert now_of(acknowledged).status == "triggered"


def test_one_resolved_meanwhile_is_just_confirmed(world, acknowledged):
    handoff = world.hand_over()
    respond.resolve(incident_id=acknowledged.pk, by=Actor.person(world.ana), now=world.now)
    assert world.confirm(handoff).confirmed_by == world.bo
    assert now_of(acknowledged).resolved_by == world.ana


def test_two_roles_that_swap_do_not_swap_the_incident_back(world, acknowledged):
    """Bo goes off as secondary and Ana comes on as one, at the same instant."""
    first, second = world.hand_over(), world.handoff(HANDOFF, "secondary")
    world.confirm(first)
    world.confirm(second, by=world.ana)
    assert now_of(acknowledged).acknowledged_by == world.bo


def test_what_a_secondary_leaves_behind_goes_to_the_next_one(world, acknowledged):
    world.hand_over()
    world.confirm(world.handoff(HANDOFF), by=world.bo)
    world.cover(world.mia, HANDOFF, HANDOFF + 100 * HOUR)
    second = world.handoff(HANDOFF, "secondary")
    world.confirm(second, by=world.ana)
    assert now_of(acknowledged).acknowledged_by == world.ana


def test_item_by_item_and_with_the_last_one_the_handoff_is_confirmed(world):
    handoff = world.hand_over()
    *first, last = handoff.items.order_by("pk").values_list("pk", flat=True)
    assert world.confirm(handoff, items=first).confirmed_at is None
    assert handoff.items.filter(confirmed_by=world.bo).count() == len(first)
    assert world.ledger("handoff.confirmed") == []
    done = world.confirm(handoff, items=[last])
    assert (done.confirmed_at, done.confirmed_by) == (world.now, world.bo)
    assert world.ledger("handoff.confirmed") == [
        "Bo Lind: confirmed the handoff of primary of Payments at 2026-03-09 09:00 UTC"
    ]


def test_the_ledger_says_who_confirmed_each_item_and_when(world, acknowledged):
    handoff = world.hand_over()
    open_one = handoff.items.get(section="incidents")
    world.at(HANDOFF + MINUTE).confirm(handoff, items=[open_one.pk])
    assert world.ledger("handoff.item_confirmed") == [
        f"Bo Lind: confirmed “{open_one.text}” of the handoff of primary of Payments at 2026-03-09 09:00 UTC"
    ]
    row = Entry.objects.get(verb="handoff.item_confirmed")
    assert (row.at, row.actor) == (world.now, world.bo)
    assert (row.subject_type, row.subject_id) == ("schedule", world.schedule.pk)
    assert row.data == {
        "handoff": handoff.pk,
        "item": open_one.pk,
        "section": "incidents",
        "incident": acknowledged.pk,
    }
    world.at(HANDOFF + 2 * MINUTE).confirm(handoff, by=world.mia)
    items = handoff.items.order_by("pk").values_list("pk", "confirmed_by", "confirmed_at")
    rows = Entry.objects.filter(verb="handoff.item_confirmed")
    assert sorted((row.data["item"], row.actor_id, row.at) for row in rows) == list(items)


def test_an_item_that_cannot_be_recorded_is_not_confirmed(world, monkeypatch):
    def refuse(lines, *, now):
        raise RuntimeError("the ledger is full")

    handoff = world.hand_over()
    monkeypatch.setattr(confirming, "record", refuse)
    with pytest.raises(RuntimeError):
        world.confirm(handoff)
    assert not handoff.items.exclude(confirmed_at=None).exists()


def test_confirming_again_changes_nothing(world, acknowledged):
    handoff = world.hand_over()
    first = world.confirm(handoff)
    world.at(HANDOFF + HOUR)
    again = world.confirm(handoff, by=world.mia)
    assert (again.confirmed_at, again.confirmed_by) == (first.confirmed_at, world.bo)
    assert now_of(acknowledged).acknowledged_by == world.bo
    assert len(world.ledger("handoff.confirmed")) == 1
    assert len(world.ledger("handoff.item_confirmed")) == handoff.items.count()


def test_nothing_is_confirmed_before_it_happens_nor_of_another_handoff(world):
    world.keep()
    with pytest.raises(Refused, match="has not happened yet"):
        world.confirm(world.handoff(HANDOFF), items=[])
    handoff, other = world.hand_over(), world.handoff(HANDOFF, "secondary")
    foreign = list(other.items.values_list("pk", flat=True))
    with pytest.raises(Refused, match="is not one of this handoff"):
        world.confirm(handoff, items=foreign)
    assert not other.items.filter(confirmed_at__isnull=False).exists()


def test_after_the_confirmation_the_note_stays_as_it_was_read(world):
    handoff = world.hand_over()
    world.confirm(handoff)
    with pytest.raises(Refused, match="confirmed by Bo Lind"):
        world.write(handoff, watch="oh, and")


def test_a_handoff_nobody_confirmed_is_told_to_the_manager_once_and_a_confirmed_one_is_not(world):
    handoff = world.hand_over()
    world.confirm(handoff)
    world.live(HANDOFF + 4 * HOUR - timedelta(seconds=1))
    assert world.told("unconfirmed") == []
    world.live(HANDOFF + 4 * HOUR).live(HANDOFF + 30 * HOUR)
    told = [page.cause for page in Page.objects.filter(run="unconfirmed")]
    assert told == [f"handoff:{world.handoff(HANDOFF, 'secondary').pk}"]
    assert world.told("unconfirmed") == [("09 13:00", "mia", "unconfirmed")]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_has_the_incident_and_it_is_confirmed_once():
    world = Monday()
    incident = world.at(HANDOFF - MINUTE).alert()
    world.tick()
    handoff = world.hand_over()
    at_once(*2 * [lambda: world.confirm(handoff, by=world.bo)])
    row = Handoff.objects.get(pk=handoff.pk)
    assert now_of(incident).acknowledged_by == world.bo
    assert row.items.get(section="incidents").confirmed_by == world.bo
    assert row.confirmed_at is not None
    assert len(world.ledger("handoff.confirmed")) == 1
    assert len(world.ledger("handoff.item_confirmed")) == row.items.count()
    assert sum("acknowledged; everyone" in said for said in world.timeline(incident)) == 1
