"""Whether an event repeats an open alert, as far as this process knows: so it asks first what is likelier.

A guess that is wrong costs one statement more, and nothing else.
"""

from contextlib import suppress

REMEMBERED = 20_000
_open: dict[int, None] = {}


def is_likely_open(key: str, dedup_key: str) -> bool:
    return hash((key, dedup_key)) in _open


def now_open(key: str, dedup_key: str) -> None:
    """The oldest ones are forgotten."""
    _open[hash((key, dedup_key))] = None
    with suppress(KeyError, RuntimeError):  # another thread was there
        if len(_open) > REMEMBERED:
            del _open[next(iter(_open))]


def now_over(key: str, dedup_key: str) -> None:
    _open.pop(hash((key, dedup_key)), None)
