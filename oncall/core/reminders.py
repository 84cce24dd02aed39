"""How long before a shift its person is told of it, and how long a handoff may wait to be confirmed: the
limits of both, and how they are written.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

SHORTEST_LEAD, LONGEST_LEAD, MOST_LEADS = timedelta(minutes=1), timedelta(days=90), 10
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(days=7)
UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


def checked_reminders(leads: Iterable[timedelta]) -> list[timedelta]:
    """The leads, longest first; none is a choice. Raises ValueError with a sentence."""
    found = sorted(leads, reverse=True)
    if len(found) > MOST_LEADS:
        raise ValueError(f"These are {len(found)} reminders; write at most {MOST_LEADS}.")
    for lead in found:
        if not SHORTEST_LEAD <= lead <= LONGEST_LEAD:
            raise ValueError(f"A reminder comes from 1m to 90d before a shift, not {spelled(lead)}.")
    twice = next((one for one, other in pairwise(found) if one == other), None)
    if twice is not None:
        raise ValueError(f"The reminder {spelled(twice)} stands here twice; name each once.")
    return found


def checked_confirm_within(within: timedelta) -> timedelta:
    """`within`. Raises ValueError with a sentence."""
    if not SHORTEST_WAIT <= within <= LONGEST_WAIT:
        raise ValueError(f"A handoff may wait from 5m to 7d to be confirmed, not {spelled(within)}.")
    return within


def spelled(time: timedelta) -> str:
    """`7d`, `36h`, `90m`: in the largest unit that says it in whole numbers, weeks as days."""
    whole = timedelta(seconds=int(time.total_seconds()))
    unit, size = next(((unit, size) for unit, size in UNITS.items() if not whole % size))
    return f"{whole // size}{unit}"


def spelled_reminders(leads: Iterable[timedelta]) -> str:
    """`7d, 1d, 1h`; empty for none."""
    return ", ".join(spelled(lead) for lead in leads)
