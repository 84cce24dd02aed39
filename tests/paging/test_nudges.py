"""Hints to the broker: the first goes at once, and a storm is a few of them."""

import threading
from unittest.mock import Mock

from paging import queue
from paging.queue import Nudger

GIVE_UP = 30


class Rest:
    """The nudger's rest, which lasts until the test ends it: the last one never ends."""

    def __init__(self):
        self.begun, self.over = threading.Semaphore(0), threading.Semaphore(0)

    def wait(self, _seconds):
        self.begun.release()
        self.over.acquire()


def test_all_that_is_due_while_it_rests_is_one_hint(monkeypatch):
    sent = []
    monkeypatch.setattr(queue.current_app, "send_task", lambda *_, **__: sent.append(1))
    nudger, rest = Nudger(), Rest()
    nudger._pause = rest
    nudger.nudge()
    assert rest.begun.acquire(timeout=GIVE_UP)
    assert len(sent) == 1, "the first one does not wait"
    for _ in range(100):
        nudger.nudge()
    rest.over.release()
    assert rest.begun.acquire(timeout=GIVE_UP)
    assert len(sent) == 2


def test_where_no_thread_can_be_had_what_is_written_stays_so_and_the_next_one_tries_again(monkeypatch):
    monkeypatch.setattr(queue.threading.Thread, "start", Mock(side_effect=RuntimeError("no thread")))
    nudger = Nudger()
    nudger.nudge()
    assert nudger._pid == 0
