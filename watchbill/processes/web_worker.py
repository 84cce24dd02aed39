"""gunicorn's threaded worker with a time limit for reading a request, and its share of the connections.

gunicorn's own `timeout` watches the process and not a request, so that a handful of senders that lose
power in mid-body would hold every thread for ever, and no alert would come in.
"""

import contextlib
import socket
import threading
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from watchbill.processes.balance import MOMENT, Board

READ_WITHIN = 10.0
LOOK_EVERY = 1.0
_board = Board()


class DeadlineWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A connection that is still being read after READ_WITHIN hears no more; it can still be answered."""

    def init_process(self) -> None:
        self._moment = threading.Event()  # never set: waiting for it is a rest
        self._begun: dict[int, tuple[float, socket.socket]] = {}
        threading.Thread(target=self._watch, name="read-deadline", daemon=True).start()
        super().init_process()

    def notify(self) -> None:
        """In each turn, at least once in a second."""
        super().notify()
        _board.say(self.age, self.nr_conns, now=monotonic())

    def accept(self, listener: Any) -> None:
        if _board.has_too_many(self.age, self.nr_conns, now=monotonic()):
            self._moment.wait(MOMENT)
        super().accept(listener)
        _board.say(self.age, self.nr_conns, now=monotonic())

    def handle(self, conn: Any) -> Any:
        self._begun[id(conn)] = (monotonic(), conn.sock)
        try:
            return super().handle(conn)
        finally:
            self._begun.pop(id(conn), None)

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(LOOK_EVERY):
            late = monotonic() - READ_WITHIN
            for key, (begun, sock) in list(self._begun.items()):
                if begun < late:
                    self._begun.pop(key, (0.0, sock))
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_RD)
