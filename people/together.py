"""What several threads ask at the same moment, asked once for all of them.

In a storm most of what a statement costs is the statement: the round trip, the commit, its flush to disk.
Whoever finds nobody asking asks at once; who comes meanwhile waits, and is asked for together with all others
who wait. Nobody waits for somebody to come, and nobody is told anything before it is committed. Nor does
anybody wait long to be asked for: who asks may be held up, and asks in its own time.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

import structlog

Asked = TypeVar("Asked")
Told = TypeVar("Told")
ALONE_FOR = 1.0
"""Seconds for which each asks for itself, after it went wrong for several: whatever one of them waits for
holds up no other for longer than one attempt in so many seconds.
"""
WAITS = 0.25
"""Seconds for which one waits until it is asked for; then it asks for itself."""
log = structlog.get_logger(__name__)


class Together(Generic[Asked, Told]):
    """`ask` answers for several, in their order, or raises. Then each asks for itself: what had been done for
    it all the same, as where an answer was lost on its way, is done twice.
    """

    def __init__(self, ask: Callable[[Sequence[Asked]], Sequence[Told]], *, most: int) -> None:
        self._ask, self._most = ask, most
        self._lock = threading.Lock()
        self._waiting: deque[_Turn[Asked, Told]] = deque()
        self._somebody_asks = False
        self._alone_until = 0.0

    def ask(self, one: Asked) -> Told:
        """Raises what asking for it alone does."""
        if monotonic() < self._alone_until:
            return self._alone(one)
        turn: _Turn[Asked, Told] = _Turn(one)
        with self._lock:
            waits = self._somebody_asks
            self._somebody_asks = True
            if waits:
                self._waiting.append(turn)
        if waits and not turn.wait(WAITS):
            if self._leaves(turn):
                return self._alone(one)
            turn.wait()
        if not waits or turn.leads:
            try:
                self._ask_for([turn, *self._others()])
            finally:
                self._next()
        return turn.told[0] if turn.told else self._alone(one)

    def _alone(self, one: Asked) -> Told:
        (told,) = self._ask([one])
        return told

    def _leaves(self, turn: "_Turn[Asked, Told]") -> bool:
        """Whether it still could: what is asked for already may be written."""
        with self._lock:
            if turn not in self._waiting:
                return False
            self._waiting.remove(turn)
            self._alone_until = monotonic() + ALONE_FOR
        return True

    def _others(self) -> "list[_Turn[Asked, Told]]":
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most - 1))]

    def _ask_for(self, turns: "Sequence[_Turn[Asked, Told]]") -> None:
        """The first of them is who asks."""
        try:
            for turn, told in zip(turns, self._ask([turn.one for turn in turns]), strict=True):
                turn.told.append(told)
        except Exception as fault:
            if len(turns) == 1:
                raise
            # Whose fault it is, and what it says of whose post, comes out where each asks for itself.
            log.warning("asked_alone", fault=type(fault).__name__, of=len(turns))
            self._each_alone()
        finally:
            for turn in turns[1:]:
                turn.end()

    def _each_alone(self) -> None:
        """Also those who wait: of what they ask nobody has asked yet."""
        with self._lock:
            self._alone_until = monotonic() + ALONE_FOR
            waiting = list(self._waiting)
            self._waiting.clear()
        for turn in waiting:
            turn.end()

    def _next(self) -> None:
        """Whoever has waited longest asks for those who wait now."""
        with self._lock:
            following = self._waiting.popleft() if self._waiting else None
            self._somebody_asks = following is not None
        if following is not None:
            following.leads = True
            following.end()


class _Turn(Generic[Asked, Told]):
    """One that is asked. `told` is empty until it is known, and remains so where that went wrong."""

    def __init__(self, one: Asked) -> None:
        self.one = one
        self.told: list[Told] = []
        self.leads = False
        self._over = threading.Lock()
        self._over.acquire()

    def wait(self, seconds: float = -1) -> bool:
        """Whether it is over; without `seconds` only once it is."""
        return self._over.acquire(timeout=seconds)

    def end(self) -> None:
        self._over.release()
