import pytest
import time_machine
from django.db import OperationalError
from psycopg.errors import DeadlockDetected

from paging import dispatch
from paging.actions import contacts
from tests.world import TESTS, World

ANA, BO = "+14155550101", "+14155550102"


class Company(World):
    """Ana is on call, with a phone that takes SMS; the clock stands where the world's does."""

    def have_phone(self, user, number, *kinds):
        for kind in kinds:
            contacts.set_contact_method(user=user, kind=kind, address=number, by=TESTS, now=self.now)
        for method in user.contact_methods.filter(kind="email"):
            contacts.disable_contact_method(method=method, reason="of no use here", by=TESTS, now=self.now)

    def send(self):
        """What a worker does, until nothing is left to do now."""
        self.tick()
        dispatch.send_due(clock=lambda: self.now)


def deadlocked(verb, *, times):
    """The verb, which fails so often as one that the database picked as a deadlock's victim."""
    left = [True] * times

    def act(*given, **named):
        if left:
            left.pop()
            raise OperationalError("deadlock detected") from DeadlockDetected()
        return verb(*given, **named)

    return act


@pytest.fixture
def world(db):
    world = Company()
    with time_machine.travel(world.now, tick=False) as clock:
        world.clock = clock
        yield world


@pytest.fixture
def ana(world, phone):
    world.have_phone(world.ana, ANA, "sms")
    return phone(ANA)


@pytest.fixture
def bo(world, phone):
    world.have_phone(world.bo, BO, "sms")
    return phone(BO)
