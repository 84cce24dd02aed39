"""Who cannot be reached as they believe is named by the doctor."""

import pytest

from paging.actions import contacts, verifying
from people.ledger.record import Actor
from tests.world import TESTS, World
from watchbill.doctor.people import reached

NUMBER = "+14155550131"


@pytest.fixture
def world(db):
    return World()


def said(world):
    return [one.what for one in reached(world.now)]


def test_each_person_is_named_with_what_is_wanting_and_what_all_share_is_said_once(world):
    verifying.add_own_method(
        user=world.bo, kind="sms", address=NUMBER, by=Actor.person(world.bo), now=world.now
    )
    contacts.set_contact_method(user=world.mia, kind="sms", address=NUMBER, by=TESTS, now=world.now)
    contacts.disable_contact_method(
        method=world.ana.contact_methods.get(), reason="opted out by STOP", by=TESTS, now=world.now
    )
    assert said(world) == [
        "Ana Ruiz: nobody can page them; opted out: Email (a…@example.com).",
        "Bo Lind: unverified: SMS (+1415…0131); only email at high urgency: nothing rings.",
        "Bo Lind, Mia Falk: no test page in 90 days.",
    ]


def test_of_many_people_some_are_named(world):
    for n in range(12):
        person = world.person(f"p{n:02}", f"Person {n:02}", kinds=("sms",))
        world.team.memberships.create(user=person, role="responder")
    (shared,) = [line for line in said(world) if "no test page" in line]
    assert shared.endswith("and 5 more: no test page in 90 days.")


def test_observers_and_those_who_left_are_asked_nothing(world):
    world.team.memberships.filter(user=world.bo).update(role="observer")
    world.ana.is_active = False
    world.ana.save()
    assert all("Bo" not in line and "Ana" not in line for line in said(world))
