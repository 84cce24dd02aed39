"""Whose fault an exception of the database is: its own, or that of what was asked about one row."""

from django.db import InterfaceError, OperationalError

DEADLOCKED = {"40P01", "40001"}
CANCELLED = "57014"
OUTAGE = ("08", "53", "57P", "58", "XX")
"""SQLSTATE classes that are about the server: connections, resources, its shutdown, its disk, its bugs."""


def sqlstate(fault: Exception) -> str:
    return str(getattr(fault.__cause__, "sqlstate", None) or "")


def is_outage(fault: Exception) -> bool:
    """Whether the database itself fails, and not what was asked about one row: then nothing else works,
    either. Without a code it is the connection or, on SQLite, the file.
    """
    if not isinstance(fault, OperationalError | InterfaceError):
        return False
    state = sqlstate(fault)
    return state != CANCELLED and (not state or state.startswith(OUTAGE))
