"""A Redis that listens and answers nothing costs the senders of alerts nothing, and holds no page back."""

import json
from time import perf_counter

import pytest

from tests.processes.killing import Sink, post
from tests.processes.tree import Tree, fetch, manage

pytestmark = pytest.mark.processes
ALERTS = 15
GENEROUS = 10
"""A post is answered in hundredths of a second; one that waits for the broker takes seconds."""


@pytest.fixture
def tree(both_servers, redis_server, tmp_path):
    with Sink() as sink:
        environment = both_servers | {
            "REDIS_URL": redis_server.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        }
        with Tree(var=tmp_path / "var", environment=environment, arguments=["--no-demo"]) as tree:
            manage(tree, "apply", "tests/processes/organisation.yaml")
            tree.sink = sink
            yield tree


def alerts(tree, first):
    """Post them, one after the other; their names, and how long all of it took."""
    names = [f"alert-{number:06}" for number in range(first, first + ALERTS)]
    begun = perf_counter()
    assert [post(tree, name) for name in names] == [202] * ALERTS
    return set(names), perf_counter() - begun


def test_intake_and_paging_go_on_while_the_broker_hangs(tree, redis_server):
    names, usually = alerts(tree, 0)
    assert tree.sink.wait_for(names, within=60)
    redis_server.hang()
    names, hung = alerts(tree, ALERTS)
    assert hung < GENEROUS * usually
    assert tree.sink.wait_for(names, within=60)
    status, said = fetch(f"{tree.url}/readyz")
    assert (status, json.loads(said)["broker"]) == (200, "unreachable")
    redis_server.go_on()
