"""Nudge a worker on commit: a hint that rows are due, safe to lose, never waited for.

A thread of its own speaks to the broker, so that a broker that hangs costs the caller nothing, and a
burst of commits becomes a few messages. What a lost nudge costs is the time to the next tick.
"""

import os
import threading

import structlog
from celery import current_app
from django.db import connection, transaction

from people import metrics

TICK = "watchbill.tick"
APART = 0.02
"""Seconds between two hints of one process. The first goes at once; in a storm each would cost as much as the
event that it tells of, and one tells of all.
"""
log = structlog.get_logger(__name__)


class Nudger:
    """One per process; the thread is started at the first nudge, so that a fork does not lose it."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._pause = threading.Event()  # never set: waiting for it is a rest
        self._lock = threading.Lock()
        self._pid = 0

    def nudge(self) -> None:
        self._wanted.set()
        if self._pid != os.getpid():
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            try:
                threading.Thread(target=self._run, name="nudger", daemon=True).start()
            except RuntimeError as fault:  # no thread can be had
                log.warning("nudge_lost", error=repr(fault), effect="the next tick finds the rows")
            else:
                self._pid = os.getpid()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                current_app.send_task(TICK, ignore_result=True, expires=5, retry=False)
                metrics.NUDGES.labels(outcome="sent").inc()
            except Exception as fault:  # noqa: BLE001 - whatever the broker's driver raises, the tick comes anyway
                metrics.NUDGES.labels(outcome="lost").inc()
                log.warning("nudge_lost", error=repr(fault), effect="the next tick finds the rows")
            self._pause.wait(APART)


_nudger = Nudger()


def nudge_on_commit() -> None:
    """Call inside the transaction that wrote due rows, or once they are written where there is none. Who has
    no connection is given none for that.
    """
    if connection.connection is None and not connection.in_atomic_block:
        _nudger.nudge()
    else:
        transaction.on_commit(_nudger.nudge, robust=True)
