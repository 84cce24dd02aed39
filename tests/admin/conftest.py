import pytest
import time_machine
from django.test import Client

from people import actions as people
from people.models import User
from tests.world import TESTS, World


@pytest.fixture
def world(db):
    """Mia manages Payments; Zoe manages Search; Root is a superuser. The clock stands still."""
    world = World()
    world.zoe = world.person("zoe", "Zoe Voss")
    world.search = people.create_team(name="Search", by=TESTS, now=world.now)
    people.set_members(team=world.search, members={world.zoe: "manager"}, by=TESTS, now=world.now)
    world.root = User.objects.create_superuser("root", "root@example.com", date_joined=world.now)
    for user in (world.mia, world.zoe):
        user.refresh_from_db()
    with time_machine.travel(world.now, tick=False):
        yield world


def browser(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def mia(world):
    return browser(world.mia)


@pytest.fixture
def zoe(world):
    return browser(world.zoe)


@pytest.fixture
def root(world):
    return browser(world.root)
