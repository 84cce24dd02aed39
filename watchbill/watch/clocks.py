"""Whether this process's clock and the database's agree.

What is due is written by one machine's clock and found by another's: a web that is 30 s ahead makes every
page 30 s late. All of them see one clock, the database's, and so that is the one to agree with.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

TOO_FAR = timedelta(seconds=2)
"""More than this is said as a warning. NTP keeps machines within a few hundredths."""


def difference() -> timedelta:
    """How far the database's clock is ahead of this process's; negative where it is behind. Right to half the
    time that the question takes.

    SQLite has no clock but this machine's own: zero. Raises DatabaseError where the database does not answer.
    """
    if connection.vendor != "postgresql":
        return timedelta(0)
    with connection.cursor() as cursor:
        asked = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
        return there - (asked + (timezone.now() - asked) / 2)


def database_now() -> datetime:
    """What time it is by the database's clock, which is the same for every process."""
    return timezone.now() + difference()


def sentence(apart: timedelta) -> str:
    """What to say of a difference that is too far."""
    ahead = "behind" if apart > timedelta(0) else "ahead of"
    return (
        f"The clock of this machine is {abs(apart).total_seconds():.1f} s {ahead} the database's: pages come "
        "early or late by that."
    )
