"""Work for many at once, in which nobody's fault keeps the others from theirs."""

from collections.abc import Callable, Sequence

import structlog
from django.db import InterfaceError, OperationalError

NAMED = 20
log = structlog.get_logger(__name__)
Work = Callable[[Sequence[int]], object]


def each_apart(user_ids: Sequence[int], work: Work, *, what: str) -> list[int]:
    """Do `work` for all of them; where that fails, for either half, and so on down to those at fault, who are
    left out and returned. They are logged together, with the first of the faults: one that is everybody's is
    no flood. `work` may be done twice for the same people. That the database is away is nobody's fault, and
    raised.
    """
    faults: dict[int, Exception] = {}
    _apart(user_ids, work, faults)
    if faults:
        log.error(
            "pay_not_kept",
            what=what,
            people=len(faults),
            users=list(faults)[:NAMED],
            effect="tried again the next time",
            exc_info=next(iter(faults.values())),
        )
    return list(faults)


def _apart(user_ids: Sequence[int], work: Work, faults: dict[int, Exception]) -> None:
    if not user_ids:
        return
    try:
        work(user_ids)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is theirs alone, and logged above
        if len(user_ids) == 1:
            faults[user_ids[0]] = fault
            return
        middle = len(user_ids) // 2
        for half in (user_ids[:middle], user_ids[middle:]):
            _apart(half, work, faults)
