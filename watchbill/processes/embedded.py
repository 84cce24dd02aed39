"""No server beside it: Celery's worker and beat as threads of the one web process, on a queue in memory.

The queue carries hints only, so a process that dies takes nothing with it but the time to the next tick.
"""

import threading
from collections.abc import Callable

import structlog
from celery import beat
from celery.worker import state as worker_state

from watchbill.celery import app
from watchbill.ticking.ticker import Ticker

RESTART_AFTER = 1.0
log = structlog.get_logger(__name__)


class Embedded:
    """Everything that a tree of processes does beside the web, until `stop`."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._ticker = Ticker()
        self._beat: beat.Service | None = None

    def start(self) -> None:
        self._ticker.start()
        self._keep_running("celery-worker", _work)
        self._keep_running("celery-beat", self._run_beat)

    def stop(self) -> None:
        """What is being sent is waited for; the two Celery threads hold nothing worth waiting for."""
        self._stopping.set()
        worker_state.should_stop = 0  # type: ignore[assignment]
        if self._beat:
            self._beat.stop()
        self._ticker.stop()

    def _keep_running(self, name: str, run: Callable[[], None]) -> None:
        threading.Thread(target=self._again_and_again, args=(name, run), name=name, daemon=True).start()

    def _again_and_again(self, name: str, run: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                run()
            except Exception:
                log.exception("thread_failed", thread=name)
            if not self._stopping.wait(RESTART_AFTER):
                log.warning("thread_restarted", thread=name)

    def _run_beat(self) -> None:
        self._beat = beat.Service(app, scheduler_cls=app.conf.beat_scheduler)
        self._beat.start()


def _work() -> None:
    worker = app.WorkController(
        pool="threads", concurrency=4, without_gossip=True, without_mingle=True, without_heartbeat=True
    )
    worker.start()


_embedded: list[Embedded] = []


def start() -> None:
    """Call in the web process itself, after any fork."""
    _embedded.append(Embedded())
    _embedded[-1].start()


def stop() -> None:
    while _embedded:
        _embedded.pop().stop()
