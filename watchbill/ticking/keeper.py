"""What is kept in order beside the paging: each chore a thread of its own, once in `EVERY` seconds.

A chore does what is due, a piece at a time, until nothing is or it is asked to stop. Whoever runs it, as
often as they like, does each thing once: what is done is said in rows, in the transaction that does it.
"""

from collections.abc import Callable

from django.utils import timezone

from oncall import imports
from oncall.actions import swap_reminders
from paging import dispatch

EVERY = 2.0
Stopping = Callable[[], bool]


def send_notices(stopping: Stopping) -> None:
    while not stopping() and dispatch.send_due(clock=timezone.now, limit=1, what=(dispatch.What.NOTICES,)):
        pass


def remind_of_swaps(stopping: Stopping) -> None:
    while not stopping() and swap_reminders.run_due(clock=timezone.now, limit=1):
        pass


def read_calendars(stopping: Stopping) -> None:
    while not stopping() and imports.read_due_calendars(clock=timezone.now, limit=1):
        pass


CHORES: dict[str, Callable[[Stopping], None]] = {
    "notices": send_notices,
    "swaps": remind_of_swaps,
    "away_calendars": read_calendars,
}
