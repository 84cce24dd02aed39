"""The names of the IANA time zones that this machine knows."""

import zoneinfo
from functools import cache


@cache
def zone_names() -> frozenset[str]:
    """Looked up once in a process: it means a look at some six hundred files."""
    return frozenset(zoneinfo.available_timezones())
