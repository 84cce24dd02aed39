"""The short form of `make chaos` (docs/chaos.md): everything that breaks, one after the other, in seconds."""

import pytest

from tests.chaos.run import Options, run

pytestmark = [
    pytest.mark.processes,
    pytest.mark.usefixtures("both_servers"),  # of the leg that has them; the servers it breaks are its own
]

SHORT = Options(
    incidents=40, seed=5, faults=("everything",), copies=1, rate=10, step=1, long=5, changes_in=0, patience=90
)


def test_whatever_breaks_no_page_is_lost_and_none_comes_twice_but_those_in_flight():
    (row,) = run(SHORT)
    found = row.verdict
    assert found.incidents == SHORT.incidents
    assert found.untaken == []
    assert found.lost == []
    assert len(found.duplicates) <= row.in_flight
    assert found.after_receipt == []
