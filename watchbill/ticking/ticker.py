"""The clock of every worker: it decides what is due and sends what is due, twice a second or when woken.

Many may run at once, in many processes: the claims below see to it that each row is taken by one. Deciding
and sending have threads of their own (watchbill.ticking.senders), so that a provider that hangs never keeps
an escalation waiting; so has each chore of the keeper (handoffs, notices: watchbill.ticking.keeper), so that
it never keeps a page waiting.
"""

import threading
from functools import partial
from math import inf
from time import monotonic

import structlog
from django.conf import settings

from escalation import engine
from people import clock
from watchbill.ticking import alive, heartbeat, keeper
from watchbill.ticking.followers import Followers
from watchbill.ticking.loop import Loop
from watchbill.ticking.senders import Senders
from watchbill.watch import clocks, watcher
from watchbill.watch.overdue import TOO_LATE, oldest_overdue

EVERY = 0.5
REST = 0.05
"""Between two looks: one incident alone takes as many statements as a batch of them, and at fifty alerts a
second that is the difference between a sixth of a processor and all of it."""
BATCH = 20
WELL = 10.0  # seconds since the last look that got an answer
GRACE = 9.0
"""Seconds to end in: a provider may take 8 for a message in its hands, and then that is written down."""

log = structlog.get_logger(__name__)

_running: list["Ticker"] = []


def wake() -> bool:
    """Look for due rows now. False when this process has no ticker."""
    awake = [ticker.wake() for ticker in _running]
    return any(awake)


class Ticker:
    """Start it once; `stop` ends it within `grace` seconds, waiting for a message that is on its way out."""

    def __init__(self, *, every: float = EVERY) -> None:
        self._stopping = threading.Event()
        self._decider = Loop("decider", self._decide, every=every, rest=REST)
        self._has_looked_at_windows = threading.Event()
        self._senders = Senders(clock=clock.now, stopping=self._sends_nothing)
        self._followers = Followers(clock=clock.now, stopping=self._stopping.is_set)
        self._keepers = [
            Loop(f"keeper-{name}", partial(chore, self._stopping.is_set), every=keeper.EVERY)
            for name, chore in keeper.CHORES.items()
        ]
        self._heartbeat = Loop("heartbeat", self._beat, every=heartbeat.EVERY)
        self._watch = Loop("watch", self._look_at_the_site, every=watcher.EVERY)
        beating = [self._heartbeat] if settings.HEARTBEAT_URL else []
        self._loops: list[Loop | Senders | Followers] = [
            self._decider,
            self._senders,
            self._followers,
            *self._keepers,
            self._watch,
            *beating,
        ]
        self._looked_at = -inf
        self._was_away = True

    def start(self) -> None:
        for loop in self._loops:
            loop.start()
        _running.append(self)

    def wake(self) -> bool:
        return self._decider.wake()

    def ask_to_stop(self) -> None:
        """Take on nothing more; what is in hand goes on to its end. Waits for nothing."""
        self._stopping.set()
        for loop in self._loops:
            loop.ask_to_stop()

    def stop(self, *, grace: float = GRACE) -> None:
        if self not in _running:
            return
        _running.remove(self)
        self.ask_to_stop()
        deadline = monotonic() + grace
        for loop in self._loops:
            loop.join(max(0, deadline - monotonic()))

    def _decide(self) -> None:
        if self._looked_at == -inf:
            clocks.agree()  # before the first decision of a machine whose clock is wrong
        try:
            self._come_back()
            while not self._stopping.is_set():
                decided = engine.run_due(clock=clock.now, limit=BATCH)
                self._answered()
                if decided < BATCH:  # what has come meanwhile has woken us again
                    break
                self._senders.call()  # the first pages of a storm leave while the rest is decided
        except Exception:
            self._was_away = True
            raise
        finally:
            self._senders.call()

    def _come_back(self) -> None:
        """Before the first look, and the first one after an outage: what waits to be sent may be about a
        service whose maintenance has begun meanwhile. Else that is the keeper's, and is not waited for.
        """
        if self._was_away:
            self._was_away = False
            try:
                keeper.keep_windows(self._stopping.is_set)
            except Exception:  # whatever it is, it keeps no page back: the engine asks the windows itself
                log.exception("windows_not_kept", effect="the keeper tries again")
            self._has_looked_at_windows.set()

    def _sends_nothing(self) -> bool:
        return self._stopping.is_set() or not self._has_looked_at_windows.is_set()

    def _answered(self) -> None:
        """Each batch is a look that got an answer: who works through a storm is alive all the while."""
        alive.touch()
        first, self._looked_at = self._looked_at == -inf, monotonic()
        if first:
            self._heartbeat.wake()
            self._watch.wake()

    def _is_well(self) -> bool:
        return monotonic() - self._looked_at < WELL

    def _look_at_the_site(self) -> None:
        watcher.look(decides=self._is_well())

    def _beat(self) -> None:
        """Only while it is well, and all are in time together: silence is what the other end raises an alarm
        about. One that works beside many that do not, or too slowly for what comes in, is no good news.
        """
        if self._is_well() and not _is_late():
            heartbeat.ping(settings.HEARTBEAT_URL)


def _is_late() -> bool:
    return oldest_overdue(now=clocks.database_now()) > TOO_LATE
