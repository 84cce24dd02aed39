"""What is kept in order beside the paging: each chore a thread of its own, once in `EVERY` seconds.

A chore does what is due, a piece at a time, until nothing is or it is asked to stop. Whoever runs it, as
often as they like, does each thing once: what is done is said in rows, in the transaction that does it.
"""

from collections.abc import Callable

from django.utils import timezone

from oncall.actions import changes, slots
from paging import dispatch

EVERY = 2.0
Stopping = Callable[[], bool]


def send_notices(stopping: Stopping) -> None:
    while not stopping() and dispatch.send_due(clock=timezone.now, limit=1, what=(dispatch.What.NOTICES,)):
        pass


def publish_slots(stopping: Stopping) -> None:
    while not stopping() and slots.publish_due(clock=timezone.now, limit=10):
        pass


def tell_changes(stopping: Stopping) -> None:
    while not stopping() and changes.tell_due(clock=timezone.now, limit=10):
        pass


CHORES: dict[str, Callable[[Stopping], None]] = {
    "notices": send_notices,
    "slots": publish_slots,
    "changes": tell_changes,
}
