import contextlib

import pytest
from django.conf import settings

from tests import servers
from tests.processes.browser import CI, missing
from tests.processes.tree import Tree

WITH_BROKER = settings.ON_POSTGRES and settings.HAS_REDIS


def pytest_collection_modifyitems(config, items):
    """What needs both servers belongs to the leg that has them. On the other nothing is missing, so it is
    left out there, not skipped. So is what needs a browser, where there is none.

    What starts processes comes first: it takes longest, and would end alone when all other tests are done.
    """
    elsewhere = [item for item in items if "both_servers" in item.fixturenames and not WITH_BROKER]
    if not servers.redis_can_be_started() and not CI:  # under CI it fails
        elsewhere += [item for item in items if "redis_server" in item.fixturenames]
    if missing() and not CI:  # the summary says so; under CI it fails
        elsewhere += [item for item in items if item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=elsewhere)
    left = [item for item in items if item not in elsewhere]
    items[:] = sorted(left, key=lambda item: item.get_closest_marker("processes") is None)


@pytest.fixture(scope="module")
def both_servers():
    """Addresses of a PostgreSQL and a Redis database of the module's own."""
    with servers.own_database() as database, servers.own_redis() as broker:
        yield {"DATABASE_URL": database, "REDIS_URL": broker}


@pytest.fixture
def redis_server():
    """A Redis of the test's own that can be made to hang."""
    with servers.own_redis_server() as server:
        yield server


@pytest.fixture
def servers_of_this_leg():
    """The environment of a tree: the embedded default, or a PostgreSQL and a Redis database of its own."""
    with contextlib.ExitStack() as stack:
        given = {}
        if settings.ON_POSTGRES:
            given["DATABASE_URL"] = stack.enter_context(servers.own_database())
        if WITH_BROKER:
            given["REDIS_URL"] = stack.enter_context(servers.own_redis())
        yield given


@pytest.fixture
def make_tree(tmp_path, servers_of_this_leg):
    """Makes trees that share one database, as starts of one installation do; none outlives the test."""
    made = []

    def make(*arguments, **variables):
        made.append(
            Tree(var=tmp_path / "var", environment=servers_of_this_leg | variables, arguments=arguments)
        )
        return made[-1]

    yield make
    for tree in made:
        tree.kill()
