"""Whether a fault of the database means “too much at once”, which a sender hears in its protocol's own words.

An outage is something else: that is a 503 everywhere (`watchbill.web.middleware`).
"""

import sqlite3

from psycopg_pool import PoolTimeout

TOO_FAST = "Events arrive faster than they can be stored; please send this again."
RETRY_AFTER = {"Retry-After": "5"}


def is_overload(fault: Exception) -> bool:
    """Every connection was in use for too long, or SQLite's one writer was."""
    cause = fault.__cause__ or fault
    busy = (
        isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    )
    return busy or isinstance(cause, PoolTimeout)
