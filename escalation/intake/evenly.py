"""Whoever has no key, and whoever has one and not its secret, waits as long for hearing so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from escalation.intake.keys import UnknownKey

STEP = 0.01
"""Seconds. What is asked about a key takes a tenth of it, and longer where there is one."""
_pause = threading.Event()  # never set: waiting for it is a rest


@contextmanager
def evenly() -> Iterator[None]:
    """Around all that asks about a key. UnknownKey leaves it at a full STEP since it began, and it begins
    when the post has been read: no sender can choose when.
    """
    begun = monotonic()
    try:
        yield
    except UnknownKey:
        _pause.wait((begun - monotonic()) % STEP)
        raise
