import pytest

from tests.processes.killing import Sink, trial

pytestmark = pytest.mark.processes


def test_killing_every_process_and_starting_again_loses_no_page(make_tree):
    with Sink() as sink:
        outcome = trial(make_tree, sink, seed=7)
    assert outcome.accepted > 0
    assert outcome.lost == 0
