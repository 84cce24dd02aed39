"""When to try again: soon, then less often, then not at all."""

from datetime import timedelta

WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 40))
TRIES = len(WAITS) + 1
SPREAD = 0.25


def next_try(*, attempts: int, spread: float) -> timedelta | None:
    """How long to wait after `attempts` tries that failed for now; None when it is enough.

    `spread`, from 0 to 1, lengthens the wait by up to a quarter, so that what failed together does not
    come back together.
    """
    if not 1 <= attempts <= len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 + SPREAD * spread)
