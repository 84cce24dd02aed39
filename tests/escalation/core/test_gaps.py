"""However transactions interleave, each committed line is read once, and none is waited for for ever."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from escalation.core import gaps
from escalation.core.gaps import Gap

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@dataclass
class Database:
    """Transactions by number, each with the lines that it has numbered; `seen` are those committed."""

    begun: int = 0
    last: int = 0
    running: dict[int, list[int]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def begin(self):
        self.begun += 1
        self.running[self.begun] = []

    def write(self, which, count):
        if self.running:
            lines = self.running[sorted(self.running)[which % len(self.running)]]
            lines += range(self.last + 1, self.last + 1 + count)
            self.last += count

    def end(self, which, *, commits):
        if self.running:
            lines = self.running.pop(sorted(self.running)[which % len(self.running)])
            if commits:
                self.seen |= set(lines)

    @property
    def oldest(self):
        return min(self.running, default=self.begun + 1)


class Reader:
    """As `escalation.actions.queueing` reads, some lines at a time."""

    def __init__(self, at_once):
        self.at_once, self.upto, self.gaps, self.read = at_once, 0, [], []

    def look(self, database):
        oldest = database.oldest
        late = sorted(n for n in database.seen if any(g.first <= n <= g.last for g in self.gaps))
        late = late[: self.at_once]
        new = sorted(number for number in database.seen if number > self.upto)[: self.at_once]
        if len(late) < self.at_once:
            self.gaps = gaps.still_open(self.gaps, oldest=oldest, now=NOW)
        self.gaps = [left for gap in self.gaps for left in gaps.without(gap, late)]
        self.gaps += [
            Gap(first, last, database.begun + 1, NOW) for first, last in gaps.missing(self.upto, new)
        ]
        self.upto = (new or [self.upto])[-1]
        self.read += [*late, *new]
        self.gaps = [Gap.from_json(gap.to_json()) for gap in self.gaps]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin")),
        st.tuples(st.just("write"), st.integers(0, 9), st.integers(1, 7)),
        st.tuples(st.just("end"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("look")),
    ),
    max_size=80,
)


@given(STEPS, st.integers(1, 6))
def test_each_committed_line_is_read_once(steps, at_once):
    database, reader = Database(), Reader(at_once)
    for step in steps:
        match step:
            case ("begin",):
                database.begin()
            case ("write", which, count):
                database.write(which, count)
            case ("end", which, commits):
                database.end(which, commits=commits)
            case _:
                reader.look(database)
    while database.running:
        database.end(0, commits=True)
    for _ in range(2 * database.last + 3):
        reader.look(database)
    assert sorted(reader.read) == sorted(database.seen)
    assert reader.gaps == []


@given(st.integers(0, 50), st.sets(st.integers(1, 100)))
def test_what_is_missing_and_what_was_seen_are_all_there_is(after, seen):
    above = sorted(number for number in seen if number > after)
    spans = [number for first, last in gaps.missing(after, above) for number in range(first, last + 1)]
    assert sorted([*spans, *above]) == list(range(after + 1, max(above, default=after) + 1))


def test_a_gap_is_given_up_after_a_day_though_its_transaction_is_said_to_run():
    gap = Gap(1, 2, 100, NOW)
    kept = gaps.still_open([gap], oldest=5, now=NOW + timedelta(hours=24, seconds=-1))
    assert kept == [gap]
    assert gaps.still_open([gap], oldest=5, now=NOW + timedelta(hours=24)) == []
    assert gaps.still_open([gap], oldest=100, now=NOW) == []
