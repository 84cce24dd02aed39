"""What has arrived, and nobody has expected yet."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Inbox(Generic[Thing]):
    """Servers put things in from their threads; a test takes out what it expects, and waits for it."""

    def __init__(self) -> None:
        self._things: list[Thing] = []
        self._arrived = threading.Condition()

    def put(self, thing: Thing) -> None:
        with self._arrived:
            self._things.append(thing)
            self._arrived.notify_all()

    def take(self, matches: Callable[[Thing], bool], *, wanted: str, timeout: float) -> Thing:
        """Remove and return the oldest that matches; AssertionError if none came within `timeout` seconds."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: any(map(matches, self._things)), timeout):
                raise AssertionError(f"Expected {wanted} within {timeout} s. Arrived instead: {self._things}")
            found = next(thing for thing in self._things if matches(thing))
            self._things.remove(found)
            return found

    def left(self) -> list[Thing]:
        with self._arrived:
            return list(self._things)
