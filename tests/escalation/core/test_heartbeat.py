"""Until when a source is well, against an oracle that walks minute by minute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from escalation.core.heartbeat import Beat, State, called, excused, reckoned, silenced, state_of
from escalation.core.spoken import about, exactly

NOON = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
hourly = Beat(every=HOUR, grace=5 * MINUTE)


def test_before_its_first_call_nothing_is_missed():
    assert reckoned(hourly).due_at is None
    assert state_of(hourly, now=NOON + timedelta(days=400)) is State.WAITING


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (timedelta(0), State.ON_TIME),
        (HOUR - timedelta(seconds=1), State.ON_TIME),
        (HOUR, State.LATE),
        (HOUR + 5 * MINUTE, State.LATE),
    ],
)
def test_it_is_late_from_its_time_until_its_grace_is_over(after, state):
    beat = called(hourly, now=NOON)
    assert beat.due_at == NOON + HOUR + 5 * MINUTE
    assert state_of(beat, now=NOON + after) is state


def test_a_silent_one_has_no_deadline_until_it_calls():
    beat = silenced(called(hourly, now=NOON), now=NOON + 2 * HOUR)
    assert (beat.due_at, state_of(beat, now=NOON + 3 * HOUR)) == (None, State.SILENT)
    again = called(beat, now=NOON + 3 * HOUR)
    assert (again.silent_since, again.due_at) == (None, NOON + 4 * HOUR + 5 * MINUTE)


def test_an_outage_in_which_it_should_have_called_counts_as_a_call_once():
    """Called at 00:30, nobody could hear from 01:00 to 03:00: it is missed at 04:05, whatever comes then."""
    beat = called(hourly, now=NOON)
    once = excused(beat, since=NOON + HOUR / 2, until=NOON + 5 * HOUR / 2)
    assert once.due_at == NOON + 5 * HOUR / 2 + HOUR + 5 * MINUTE
    assert excused(once, since=NOON + 3 * HOUR, until=NOON + 4 * HOUR) == once
    fresh = called(once, now=NOON + 3 * HOUR)
    assert excused(fresh, since=NOON + 4 * HOUR, until=NOON + 5 * HOUR) != fresh


def test_an_outage_long_before_its_time_or_after_its_deadline_changes_nothing():
    daily = called(Beat(every=24 * HOUR, grace=HOUR), now=NOON)
    assert excused(daily, since=NOON + 9 * HOUR, until=NOON + 10 * HOUR) == daily
    late = called(hourly, now=NOON)
    assert excused(late, since=NOON + 2 * HOUR, until=NOON + 3 * HOUR) == late


minutes = st.integers(1, 300).map(lambda number: number * MINUTE)


class Walk(RuleBasedStateMachine):
    """The oracle knows no deadline: each minute it counts how long the source has been silent."""

    @initialize(every=minutes, grace=st.integers(0, 60).map(lambda number: number * MINUTE))
    def set_up(self, every, grace):
        self.now, self.beat = NOON, reckoned(Beat(every=every, grace=grace))
        self.last, self.muted_until, self.excused, self.silent = None, NOON, False, False

    def change(self, **said):
        self.beat = reckoned(replace(self.beat, **said))

    def is_missed(self):
        allowed = self.beat.every + self.beat.grace
        return self.last is not None and self.now - self.last >= allowed and self.now >= self.muted_until

    @rule()
    def it_calls(self):
        self.beat = called(self.beat, now=self.now)
        self.last, self.excused, self.silent = self.now, False, False

    @rule(time=minutes)
    def it_is_muted(self, time):
        self.muted_until = self.now + time
        self.change(muted_until=self.muted_until)

    @rule()
    def it_is_unmuted(self):
        self.muted_until = self.now
        self.change(muted_until=None)

    @rule(every=minutes)
    def its_rhythm_is_another(self, every):
        self.change(every=every)

    @rule(time=minutes)
    def nobody_can_hear_for_a_while(self, time):
        since, missed = self.now, self.is_missed()
        self.now += time
        may_have_called = self.last is not None and self.now >= self.last + self.beat.every - self.beat.grace
        if may_have_called and not (missed or self.excused or self.silent):
            self.last, self.excused = self.now, True
        self.beat = excused(self.beat, since=since, until=self.now)

    @rule(time=minutes)
    def time_passes_and_a_worker_looks(self, time):
        for _ in range(time // MINUTE):
            self.now += MINUTE
            due = self.beat.due_at is not None and self.beat.due_at <= self.now
            assert due == (self.is_missed() and not self.silent)
            if due:
                self.beat, self.silent = silenced(self.beat, now=self.now), True

    @invariant()
    def one_that_called_is_due_or_silent_and_never_both(self):
        assert (self.beat.silent_since is not None) == self.silent
        assert (self.beat.due_at is not None) == (self.last is not None and not self.silent)
        assert state_of(self.beat, now=self.now) in State


Walk.TestCase.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
test_it_is_missed_at_the_minute_an_oracle_says = Walk.TestCase


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=119.9), "119 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=75), "75 min"),
        (timedelta(minutes=119, seconds=59), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=25, minutes=59), "25 h"),
        (timedelta(hours=72), "3 days"),
    ],
)
def test_how_long_it_has_been(time, said):
    assert about(time) == said


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(hours=4), "4 h"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(seconds=90), "1 min 30 s"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=7, hours=1), "7 days 1 h"),
        (timedelta(0), "0 s"),
    ],
)
def test_how_long_exactly(time, said):
    assert exactly(time) == said
