"""What Django raises where the database refuses one statement, or is gone."""

from django.db import InterfaceError, OperationalError


def lost():
    """What Django raises where the connection itself is gone."""
    return InterfaceError("connection already closed")


def refused(sqlstate):
    """What Django raises where PostgreSQL refuses one statement and goes on working."""
    fault = OperationalError("refused")
    fault.__cause__ = Exception("refused")
    fault.__cause__.sqlstate = sqlstate
    return fault
