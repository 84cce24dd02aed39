import pytest
import time_machine

from tests.world import World


@pytest.fixture
def world(db):
    """A small organisation at ten on a Monday; the clock stands still there."""
    world = World()
    with time_machine.travel(world.now, tick=False):
        yield world


@pytest.fixture
def ana(world, client):
    """A browser in which Ana, who is on call, has logged in."""
    client.force_login(world.ana, backend="django.contrib.auth.backends.ModelBackend")
    return client
