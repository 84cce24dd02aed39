import pytest
import time_machine
from rest_framework.test import APIClient

from people.actions import create_token
from tests.world import TESTS, World


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def api(world):
    """A script of Bo's, who is not on call; the clock stands where the world's does."""
    client = APIClient()
    token = create_token(user=world.bo, by=TESTS, now=world.now)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    with time_machine.travel(world.now, tick=False):
        yield client
