"""Whether this process's clock and the database's agree, and what is done where they do not.

What is due is written by one machine and found by another: a web that is 30 s ahead would make every page
30 s late, and an engine that is 30 s ahead would take every message in another's hands for one of the dead.
All of them see one clock, the database's, and so that is the one to agree with (docs/adr/0018).
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from people import clock

TOO_FAR = timedelta(seconds=2)
"""A clock that is further from the database's is not gone by, and people are told. NTP keeps machines within
a few hundredths.
"""


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


def agree() -> timedelta:
    """Measure the `difference`, and see to it that this process goes by a clock that is right. Call it again
    and again: what is measured is good for as long as nobody's clock jumps.
    """
    apart = difference()
    if abs(apart) > TOO_FAR:
        clock.follow(timezone.now() + apart)
    else:
        clock.trust_this_machine()
    return apart


def database_now() -> datetime:
    """What time it is by the database's clock, which is the same for every process."""
    return timezone.now() + difference()


def sentence(apart: timedelta) -> str:
    """What to say of a difference that is too far."""
    ahead, seconds = "behind" if apart > timedelta(0) else "ahead of", abs(apart).total_seconds()
    return (
        f"The clock of this machine is {seconds:.1f} s {ahead} the database's. Pages go by "
        "the database's and are in time; what logs say, and whether certificates are valid, goes by this one."
    )
