"""Which provider of a kind is asked first, and what is known of one that fails."""

import threading
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from paging.core.delivery import ELSEWHERE, Fault

REST = timedelta(seconds=30)
"""How long one that fails is asked last, where there is another one."""

SLOW = timedelta(seconds=4)
"""A failure for now that took this long is silence: it costs every message so much, and a rest."""


def in_order(providers: Sequence[str], *, at: str, resting: Collection[str] = ()) -> list[int]:
    """The places of `providers` in the order to ask them: from the one named `at` on, round to the one
    before it, those that rest last. An `at` that is not among them (none yet, or no longer configured)
    is the first.
    """
    start = providers.index(at) if at in providers else 0
    round_trip = [*range(start, len(providers)), *range(start)]
    return sorted(round_trip, key=lambda place: providers[place] in resting)


class Standing:
    """What one process has seen of its providers. Safe to share between threads.

    It is a help and no truth: rows say what was tried, and a process that has seen nothing asks everyone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rests: dict[str, datetime] = {}
        self._refusing: set[str] = set()

    def failed(self, provider: str, fault: Fault, *, took: timedelta, now: datetime) -> bool:
        """Whether this is news: the first time since it last took something that it refuses us altogether."""
        with self._lock:
            if fault is Fault.PROVIDER or (fault in ELSEWHERE and took >= SLOW):
                self._rests[provider] = now + REST
            news = fault is Fault.PROVIDER and provider not in self._refusing
            if news:
                self._refusing.add(provider)
            return news

    def took(self, provider: str) -> bool:
        """Whether this is news: it refused us altogether before."""
        with self._lock:
            self._rests.pop(provider, None)
            news = provider in self._refusing
            self._refusing.discard(provider)
            return news

    def resting(self, now: datetime) -> frozenset[str]:
        with self._lock:
            return frozenset(provider for provider, until in self._rests.items() if now < until)

    def forget(self) -> None:
        """All of it, as a new process would."""
        with self._lock:
            self._rests.clear()
            self._refusing.clear()
