"""Two machines with a web, a worker, a beat and an engine each (docs/several-machines.md). The clock of one
is two minutes wrong, a schedule is handed over, and then one of them dies.
"""

import pytest

from tests.chaos.run import Options, run

pytestmark = [
    pytest.mark.processes,
    pytest.mark.usefixtures("both_servers"),  # of the leg that has them; the servers it uses are its own
]

SHORT = Options(
    incidents=120,
    seed=8,
    faults=("clock-change", "machine-dies"),
    copies=2,
    rate=20,
    step=1,
    long=5,
    changes_in=20,
    patience=150,
    ahead=120,
)


def test_what_one_takes_another_answers_and_when_one_dies_the_other_pages_everybody_once():
    rows = run(SHORT)
    for row in rows:
        found = row.verdict
        assert found.incidents == SHORT.incidents // len(rows)
        assert found.untaken == []
        assert found.lost == []
        assert found.elsewhere
        assert found.after_receipt == []
    in_flight = sum(row.in_flight for row in rows)
    twice = [one for row in rows for one in row.verdict.duplicates]
    assert len(twice) + len(rows[0].notices_twice) <= in_flight
    assert set(rows[0].handed_over.values()) <= {1}  # each of four engines keeps the schedules
