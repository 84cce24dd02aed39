"""Threads that post to webhooks that follow incidents: apart from all that pages wait for.

A scout reads what happened and looks for what is due; it wakes threads that post, which are started when they
are first needed. A server that hangs holds up two of them, for a while.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from time import monotonic

import structlog

from escalation import dispatch
from escalation.actions.queueing import has_begun, queue_events
from watchbill.ticking.loop import Loop

EVERY = 1.0
REST = 0.2
"""Between two looks: in a storm its lines are read together, and those who page have the processor first."""
SHARE = 6
"""Threads in each process."""
log = structlog.get_logger(__name__)


class Followers:
    def __init__(
        self, *, clock: Callable[[], datetime], stopping: Callable[[], bool], share: int = SHARE
    ) -> None:
        self._clock = clock
        self._stopping = stopping
        self._share = share
        self._lock = threading.Lock()
        self._scout = Loop("followers", self._look, every=EVERY, rest=REST)
        self._loops: list[Loop] = []

    def start(self) -> None:
        self._scout.start()

    def ask_to_stop(self) -> None:
        for loop in self._all():
            loop.ask_to_stop()

    def join(self, seconds: float) -> None:
        """Waits for the posts in hand, `seconds` at most."""
        deadline = monotonic() + seconds
        for loop in self._all():
            loop.join(max(0, deadline - monotonic()))

    def _all(self) -> list[Loop]:
        with self._lock:
            return [self._scout, *self._loops]

    def _look(self) -> None:
        if self._stopping() or not has_begun():
            return
        if queue_events(clock=self._clock):
            self._scout.wake()  # there may be more
        if dispatch.has_due(clock=self._clock):
            self._wake()

    def _send(self) -> None:
        """Who finds something calls another to help, before it waits for the server."""
        while not self._stopping():
            claimed = dispatch.claim_next(clock=self._clock)
            if claimed is None:
                break
            self._wake()
            dispatch.hand_over(claimed, clock=self._clock)

    def _wake(self) -> None:
        """One more. Where all are at work, one of them looks once more before it rests."""
        with self._lock:
            self._loops = [loop for loop in self._loops if loop.is_alive]
            idle = next((loop for loop in self._loops if not loop.busy), None)
            if idle is None and len(self._loops) < self._share and not self._stopping():
                self._add()
            elif self._loops:
                (idle or self._loops[0]).wake()

    def _add(self) -> None:
        one = Loop(f"follower-{len(self._loops) + 1}", self._send)
        try:
            one.start()
        except RuntimeError as fault:  # a machine without a thread left may have one at the next look
            log.warning("follower_not_started", running=len(self._loops), error=str(fault))
        else:
            self._loops.append(one)
