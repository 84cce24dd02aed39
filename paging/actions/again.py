"""Whom the database picked as the victim of a deadlock, or of two who wrote at once, does it again.

A phone company does not post an answer twice: what fails for a moment would be lost, and the paging go on.
"""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

MOMENTARY = frozenset({"40P01", "40001"})  # PostgreSQL: deadlock detected, serialization failure
TIMES = 3
Answer = TypeVar("Answer")


def again(work: Callable[[], Answer]) -> Answer:
    """What `work` returns: whole transactions, each of which may be done twice. Raises what fails last."""
    for _ in range(TIMES - 1):
        try:
            return work()
        except OperationalError as fault:
            if getattr(fault.__cause__, "sqlstate", "") not in MOMENTARY:
                raise
    return work()
