import pytest
import time_machine

from tests.world import World


@pytest.fixture
def world(db):
    """The clock stands where the world's began."""
    world = World()
    with time_machine.travel(world.now, tick=False):
        yield world
