"""What an answer by HTTP means for a message."""

from paging.channels.base import Fault

GONE = 410  # RFC 9110: for good, and the sender should stop
TEMPORARY = frozenset({0, 408, 425, 429})  # 0: no answer at all


def fault_of(status: int) -> Fault:
    """Of a status that is not 2xx: 5xx and “too many” are for now, the rest is for good."""
    if status == GONE:
        return Fault.ADDRESS
    if status in TEMPORARY or status >= 500:
        return Fault.TEMPORARY
    return Fault.MESSAGE
