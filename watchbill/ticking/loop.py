"""A thread that does one thing again and again, and outlives whatever that thing raises."""

import threading
from collections.abc import Callable
from contextlib import suppress

import structlog
from django.db import close_old_connections, connections

from people import metrics

log = structlog.get_logger(__name__)


class Loop:
    """Does `work` at once when woken, and every `every` seconds (None: only when woken).

    After each time it rests for `rest` seconds: what comes meanwhile is done together.
    """

    def __init__(
        self, name: str, work: Callable[[], None], *, every: float | None = None, rest: float = 0
    ) -> None:
        self._name = name
        self._work = work
        self._every = every
        self._rest = rest
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._faults = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.busy = False

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> bool:
        """Costs one flag. False where the thread does not run, such as in a fork of its process."""
        self._woken.set()
        return self.is_alive

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def ask_to_stop(self) -> None:
        self._stopping.set()
        self._woken.set()

    def join(self, seconds: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._once()
                self._stopping.wait(self._rest)
                self._woken.wait(self._every)
                self._woken.clear()
        finally:
            connections.close_all()

    def _once(self) -> None:
        self.busy = True
        try:
            close_old_connections()
            self._work()
            self._recovered()
        except Exception:
            metrics.TICK_FAULTS.inc()
            if not self._faults:  # an outage is a line when it begins and one when it ends, not two a second
                log.exception("tick_fault", loop=self._name, effect="tried again until it works")
            self._faults += 1
        finally:
            self.busy = False
            with suppress(Exception):  # what cannot even be closed is opened anew by the next look
                close_old_connections()

    def _recovered(self) -> None:
        if self._faults:
            log.warning("tick_recovered", loop=self._name, faults=self._faults)
        self._faults = 0
