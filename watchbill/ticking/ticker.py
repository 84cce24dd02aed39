"""The clock of every worker: it decides what is due and sends what is due, twice a second or when woken.

Many may run at once, in many processes: the claims below see to it that each row is taken by one. Deciding
and sending have threads of their own, so that a provider that hangs never keeps an escalation waiting; so has
each chore of the keeper (handoffs, notices: watchbill.ticking.keeper), so that it never keeps a page waiting.
"""

import threading
from functools import partial
from math import inf
from time import monotonic

from django.conf import settings
from django.utils import timezone

from escalation import engine
from paging import dispatch
from watchbill.ticking import alive, heartbeat, keeper
from watchbill.ticking.loop import Loop

EVERY = 0.5
SENDERS = 4
BATCH = 20
PAGES_ONLY = (dispatch.What.PAGES,)
WELL = 10.0  # seconds since the last look that got an answer

_running: list["Ticker"] = []


def wake() -> bool:
    """Look for due rows now. False when this process has no ticker."""
    awake = [ticker.wake() for ticker in _running]
    return any(awake)


class Ticker:
    """Start it once; `stop` ends it within `grace` seconds, waiting for a message that is on its way out."""

    def __init__(self, *, every: float = EVERY, senders: int = SENDERS) -> None:
        self._stopping = threading.Event()
        self._decider = Loop("decider", self._decide, every=every)
        self._senders = [Loop(f"sender-{number}", self._send) for number in range(1, senders + 1)]
        self._keepers = [
            Loop(f"keeper-{name}", partial(chore, self._stopping.is_set), every=keeper.EVERY)
            for name, chore in keeper.CHORES.items()
        ]
        self._heartbeat = Loop("heartbeat", self._beat, every=heartbeat.EVERY)
        beating = [self._heartbeat] if settings.HEARTBEAT_URL else []
        self._loops = [self._decider, *self._senders, *self._keepers, *beating]
        self._looked_at = -inf

    def start(self) -> None:
        for loop in self._loops:
            loop.start()
        _running.append(self)

    def wake(self) -> bool:
        return self._decider.wake()

    def stop(self, *, grace: float = 5) -> None:
        if self not in _running:
            return
        _running.remove(self)
        self._stopping.set()
        for loop in self._loops:
            loop.ask_to_stop()
        deadline = monotonic() + grace
        for loop in self._loops:
            loop.join(max(0, deadline - monotonic()))

    def _decide(self) -> None:
        try:
            while not self._stopping.is_set() and engine.run_due(clock=timezone.now, limit=BATCH):
                self._call_senders()  # the first pages of a storm leave while the rest is decided
            alive.touch()
            first, self._looked_at = self._looked_at == -inf, monotonic()
            if first:
                self._heartbeat.wake()
        finally:
            self._call_senders()

    def _call_senders(self) -> None:
        """One looks each time; the others only while it is at work, so that an idle process asks little."""
        first, *others = self._senders
        if first.busy:
            for sender in others:
                sender.wake()
        first.wake()

    def _beat(self) -> None:
        """Only while it is well: silence is what the other end raises an alarm about."""
        if monotonic() - self._looked_at < WELL:
            heartbeat.ping(settings.HEARTBEAT_URL)

    def _send(self) -> None:
        while not self._stopping.is_set() and dispatch.send_due(clock=timezone.now, limit=1, what=PAGES_ONLY):
            for sender in self._senders:
                if not sender.busy:
                    sender.wake()
                    break
