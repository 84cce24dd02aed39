"""Every worker's clock: it looks by itself, at once when woken, and outlives whatever goes wrong."""

import threading
from datetime import timedelta

import pytest
from celery import signals

from escalation import engine
from paging import dispatch
from watchbill import tasks
from watchbill.ticking import keeper, ticker
from watchbill.ticking.loop import Loop
from watchbill.ticking.ticker import Ticker
from watchbill.watch import clocks, watcher

LONG = 120  # nothing below waits this long; a failure does


class Work:
    """Counts its calls, and does with each what the test says."""

    def __init__(self, *outcomes):
        self._outcomes = list(outcomes)
        self._called = threading.Semaphore(0)
        self.calls = 0

    def __call__(self, **_):
        outcome = self._outcomes.pop(0) if self._outcomes else 0
        self.calls += 1
        self._called.release()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome() if callable(outcome) else outcome

    def await_call(self, times=1):
        for _ in range(times):
            assert self._called.acquire(timeout=LONG)


@pytest.fixture
def run():
    """Starts what the test makes, and stops it at the end."""
    loops = []

    def start(loop):
        loop.start()
        loops.append(loop)
        return loop

    yield start
    for loop in loops:
        loop.ask_to_stop()
        loop.join(LONG)


@pytest.fixture
def decide(monkeypatch):
    monkeypatch.setattr(clocks, "agree", lambda: timedelta(0))  # which asks the database
    work = Work()
    monkeypatch.setattr(engine, "run_due", work)
    return work


@pytest.fixture
def look(monkeypatch):
    """What is due, by kind of contact method: nothing, unless the test says so."""
    work = Work()
    monkeypatch.setattr(dispatch, "due_kinds", lambda **words: work(**words) or ())
    return work


@pytest.fixture
def a_ticker(decide, look):
    made = Ticker(every=LONG)
    yield made
    made.stop()


def test_loop_works_at_once_when_woken(run):
    work = Work()
    loop = run(Loop("test", work, every=LONG))
    work.await_call()
    assert loop.wake()
    work.await_call()


def test_loop_works_by_itself(run):
    work = Work()
    run(Loop("test", work, every=0.01))
    work.await_call(times=3)


def test_what_comes_while_a_loop_rests_is_done_together(run):
    work = Work()
    loop = run(Loop("test", work, rest=LONG))
    work.await_call()
    for _ in range(5):
        loop.wake()
    loop.ask_to_stop()  # a rest is no reason to stop late
    loop.join(LONG)
    assert (work.calls, loop.is_alive) == (1, False)


def test_loop_outlives_what_it_raises_and_says_so_once(run, caplog):
    work = Work(*[OSError("gone")] * 3)
    loop = run(Loop("test", work, every=0.01))
    work.await_call(times=5)
    loop.ask_to_stop()
    loop.join(LONG)
    said = [record.getMessage() for record in caplog.records]
    assert sum("tick_fault" in line for line in said) == 1
    assert sum("tick_recovered" in line for line in said) == 1


def test_loop_outlives_a_connection_that_cannot_be_closed(run, monkeypatch):
    closing = Work(*[OSError("gone")] * 5)
    monkeypatch.setattr("watchbill.ticking.loop.close_old_connections", closing)
    work = Work()
    run(Loop("test", work, every=0.01))
    work.await_call(times=2)


def test_loop_that_does_not_run_says_that_nobody_woke():
    assert not Loop("test", Work()).wake()


def test_ticker_decides_while_batches_are_full_and_then_sends(decide, look, a_ticker):
    decide._outcomes[:] = [100, 100, 3, 100]
    a_ticker.start()
    decide.await_call(times=3)
    look.await_call()
    a_ticker.stop()
    assert decide.calls == 3


def test_a_worker_that_is_asked_to_end_takes_on_nothing_more_while_it_waits_for_the_work_of_the_night(
    decide, a_ticker, monkeypatch
):
    """Celery waits for its tasks before it says that it ends; by then the worker may have been killed, with a
    message in a provider's hands.
    """
    monkeypatch.setattr(tasks, "_ticker", a_ticker)
    a_ticker.start()
    decide.await_call()
    signals.worker_shutting_down.send(sender="worker", sig="SIGTERM", how="Warm", exitcode=0)
    a_ticker._decider.join(LONG)
    assert not a_ticker.wake()
    calls = decide.calls
    signals.worker_shutdown.send(sender=None)
    assert decide.calls == calls


def test_ticker_that_starts_sends_nothing_before_it_has_looked_at_the_windows(
    decide, look, a_ticker, monkeypatch
):
    """After an outage what waits may be about a service whose maintenance has begun meanwhile."""
    sent_before = []
    kept = Work(lambda: sent_before.append(look.calls))
    monkeypatch.setattr(keeper, "keep_windows", lambda stopping: kept())
    a_ticker.start()
    look.await_call()
    assert sent_before == [0]
    a_ticker.wake()
    decide.await_call(times=2)
    assert kept.calls == 1


def test_ticker_that_was_away_looks_at_the_windows_again(decide, look, a_ticker, monkeypatch):
    kept = Work()
    monkeypatch.setattr(keeper, "keep_windows", lambda stopping: kept())
    decide._outcomes[:] = [OSError("gone"), 0]
    a_ticker.start()
    kept.await_call()
    decide.await_call()
    a_ticker.wake()
    kept.await_call()


def test_windows_that_cannot_be_looked_at_keep_no_page_back(decide, look, a_ticker, monkeypatch):
    kept = Work(ValueError("no"))
    monkeypatch.setattr(keeper, "keep_windows", lambda stopping: kept())
    a_ticker.start()
    decide.await_call()
    look.await_call()


def test_every_ticker_looks_whether_the_site_is_well(decide, look, monkeypatch):
    watch = Work()
    monkeypatch.setattr(watcher, "look", watch)
    made = Ticker(every=LONG)
    made.start()
    watch.await_call()
    made.stop()


def test_a_ticker_agrees_on_the_time_before_its_first_decision_and_again_where_that_failed(monkeypatch):
    done = []
    outcomes = [OSError("no database"), None]

    def agree():
        done.append("agree")
        fault = outcomes.pop(0)
        if fault:
            raise fault

    monkeypatch.setattr(clocks, "agree", agree)
    monkeypatch.setattr(engine, "run_due", lambda **_: done.append("decide") or 0)
    made = Ticker(every=LONG)
    with pytest.raises(OSError, match="no database"):
        made._decide()
    made._decide()
    made._decide()
    assert done == ["agree", "agree", "decide", "decide"]


@pytest.mark.django_db
def test_only_a_ticker_whose_looks_get_answers_is_an_engine_that_runs(monkeypatch):
    decided = []
    monkeypatch.setattr(watcher, "look", lambda *, decides: decided.append(decides))
    made = Ticker(every=LONG)
    made._look_at_the_site()
    made._answered()
    made._look_at_the_site()
    monkeypatch.setattr(ticker, "WELL", 0.0)
    made._look_at_the_site()
    assert decided == [False, True, False]


def test_nudge_wakes_the_ticker_of_this_process(decide, a_ticker):
    a_ticker.start()
    decide.await_call()
    tasks.tick_task()
    decide.await_call()


def test_nudge_does_the_work_itself_where_no_ticker_runs(decide, monkeypatch):
    send = Work()
    monkeypatch.setattr(dispatch, "send_due", send)
    assert not ticker.wake()
    tasks.tick_task()
    assert (decide.calls, send.calls) == (1, 1)


def test_stopped_ticker_is_woken_no_more(decide, a_ticker):
    a_ticker.start()
    decide.await_call()
    a_ticker.stop()
    assert not ticker.wake()
    a_ticker.stop()  # and again: nothing


def test_decision_that_fails_still_lets_messages_leave(decide, look, a_ticker):
    decide._outcomes[:] = [ValueError("no")]
    a_ticker.start()
    decide.await_call()
    look.await_call()


def test_alive_file_is_touched_only_after_a_look_that_worked(decide, look, a_ticker, tmp_path, monkeypatch):
    file = tmp_path / "alive"
    monkeypatch.setenv("ALIVE_FILE", str(file))
    there = []
    decide._outcomes[:] = [ValueError("no"), lambda: there.append(file.exists()) or 0]
    a_ticker.start()
    decide.await_call()
    ticker.wake()
    decide.await_call()
    a_ticker.stop()
    assert there == [False]
    assert file.exists()


def test_alive_file_is_touched_by_every_batch_of_a_storm(decide, look, a_ticker, tmp_path, monkeypatch):
    file = tmp_path / "alive"
    monkeypatch.setenv("ALIVE_FILE", str(file))
    seen = []

    def remove():
        seen.append(file.exists())
        file.unlink(missing_ok=True)
        return 20

    decide._outcomes[:] = [remove, remove, remove, 0]
    a_ticker.start()
    decide.await_call(times=4)
    assert seen == [False, True, True]


def test_a_chore_that_always_finds_something_is_left_until_the_next_look():
    pieces = []
    keeper._until_done(lambda: pieces.append(1) or 1)(lambda: False)
    assert len(pieces) == keeper.PIECES
    keeper._until_done(lambda: pieces.append(1) or 0)(lambda: False)
    assert len(pieces) == keeper.PIECES + 1
    keeper._until_done(lambda: pieces.append(1) or 1)(lambda: True)
    assert len(pieces) == keeper.PIECES + 1
