"""Threads that hand pages over. Sending is waiting for a provider, so there are many of them.

Each kind of contact method has a share of its own, so that a provider that hangs holds up the pages of its
kind and no others. A thread is started when it is first needed, and then kept.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from time import monotonic

import structlog

from paging import dispatch
from watchbill.ticking.loop import Loop

SHARE = 12
"""Threads for each kind, in each process. One hands over about 15 messages a second to a provider that
answers in 50 ms; they hold a connection of the database's pool only while they read and write.
"""
PAGES_ONLY = (dispatch.What.PAGES,)
log = structlog.get_logger(__name__)


class Senders:
    """`call` them when pages may be due. They do nothing by themselves."""

    def __init__(
        self, *, clock: Callable[[], datetime], stopping: Callable[[], bool], share: int = SHARE
    ) -> None:
        self._clock = clock
        self._stopping = stopping
        self._share = share
        self._lock = threading.Lock()
        self._scout = Loop("scout", self._look)
        self._loops: defaultdict[str, list[Loop]] = defaultdict(list)

    def start(self) -> None:
        self._scout.start()

    def call(self) -> None:
        self._scout.wake()

    def ask_to_stop(self) -> None:
        for loop in self._all():
            loop.ask_to_stop()

    def join(self, seconds: float) -> None:
        """Waits for the messages in hand, `seconds` at most."""
        deadline = monotonic() + seconds
        for loop in self._all():
            loop.join(max(0, deadline - monotonic()))

    def _all(self) -> list[Loop]:
        with self._lock:
            return [self._scout, *(loop for loops in self._loops.values() for loop in loops)]

    def _look(self) -> None:
        """One look for all kinds: an idle process asks little."""
        if not self._stopping():
            for kind in dispatch.due_kinds(clock=self._clock, what=PAGES_ONLY):
                self._wake(kind)

    def _send(self, kind: str) -> None:
        """Who finds something calls another to help, before it waits for the provider."""
        while not self._stopping():
            claimed = dispatch.claim_next(clock=self._clock, what=PAGES_ONLY, kinds=(kind,))
            if claimed is None:
                break
            self._wake(kind)
            dispatch.hand_over(claimed, clock=self._clock)

    def _wake(self, kind: str) -> None:
        """One more of this kind. Where all are at work, one of them looks once more before it rests."""
        with self._lock:
            loops = self._loops[kind] = [loop for loop in self._loops[kind] if loop.is_alive]
            idle = next((loop for loop in loops if not loop.busy), None)
            if idle is None and len(loops) < self._share and not self._stopping():
                self._add(kind, loops)
            elif loops:
                (idle or loops[0]).wake()

    def _add(self, kind: str, loops: list[Loop]) -> None:
        """A machine without a thread left may have one at the next look; meanwhile those there are go on."""
        one = Loop(f"sender-{kind}-{len(loops) + 1}", partial(self._send, kind))
        try:
            one.start()
        except RuntimeError as fault:
            log.warning("sender_not_started", kind=kind, running=len(loops), error=str(fault))
        else:
            loops.append(one)
