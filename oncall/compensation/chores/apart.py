"""Work for many at once, in which nobody's fault keeps the others from theirs."""

from collections.abc import Callable, Sequence

import structlog
from django.db import InterfaceError, OperationalError

log = structlog.get_logger(__name__)


def each_apart(user_ids: Sequence[int], work: Callable[[Sequence[int]], object], *, what: str) -> list[int]:
    """Do `work` for all of them; where that fails, for either half, and so on down to those at fault, who are
    left out, logged, and returned. `work` may be done twice for the same people. That the database is away is
    nobody's fault, and raised.
    """
    if not user_ids:
        return []
    try:
        work(user_ids)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(user_ids) == 1:
            log.exception("pay_not_kept", what=what, user=user_ids[0], effect="tried again the next time")
            return [user_ids[0]]
        middle = len(user_ids) // 2
        halves = user_ids[:middle], user_ids[middle:]
        return [at_fault for half in halves for at_fault in each_apart(half, work, what=what)]
    return []
