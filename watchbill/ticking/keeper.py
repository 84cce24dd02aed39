"""What is kept in order beside the paging: each chore a thread of its own, once in `EVERY` seconds.

A chore does what is due, a piece at a time, until nothing is or it is asked to stop. Whoever runs it, as
often as they like, does each thing once: what is done is said in rows, in the transaction that does it.
"""

from collections.abc import Callable

from django.utils import timezone

from escalation.actions.unheard import resolve_unheard
from escalation.handover.note import prepare_due
from escalation.intake import raise_silent
from oncall import handoffs, imports
from oncall.actions import changes, slots, swap_reminders, tell_weekly_advice, time_off_conflicts
from paging import dispatch
from paging.actions.spending import watch_spending
from watchbill.watch import hearing

EVERY = 2.0
BATCH = 10
PIECES = 100
Stopping = Callable[[], bool]
Chore = Callable[[Stopping], None]


def _until_done(piece: Callable[[], int]) -> Chore:
    """`piece` until it finds nothing more to do; at most `PIECES` times at a look, so that one
    that always finds something, by a fault of ours, does not take the whole machine.
    """

    def chore(stopping: Stopping) -> None:
        for _ in range(PIECES):
            if stopping() or not piece():
                break

    return chore


def _keep_handoffs(stopping: Stopping) -> None:
    while not stopping() and handoffs.run_due(clock=timezone.now, limit=BATCH, stopping=stopping) == BATCH:
        pass


def _raise_silent() -> int:
    """Of sources that must call in. Where no web listens, nobody is known to be silent."""
    until = hearing.heard_until()
    return 0 if until is None else raise_silent(heard_until=until, clock=timezone.now)


CHORES: dict[str, Chore] = {
    "notices": _until_done(
        lambda: dispatch.send_due(clock=timezone.now, limit=1, what=(dispatch.What.NOTICES,))
    ),
    "heartbeats": _until_done(_raise_silent),
    "unheard": _until_done(lambda: resolve_unheard(clock=timezone.now)),
    "handoffs": _keep_handoffs,
    "slots": _until_done(lambda: slots.publish_due(clock=timezone.now, limit=BATCH)),
    "changes": _until_done(lambda: changes.tell_due(clock=timezone.now, limit=BATCH)),
    "swaps": _until_done(lambda: swap_reminders.run_due(clock=timezone.now, limit=1)),
    "away_calendars": _until_done(lambda: imports.read_due_calendars(clock=timezone.now, limit=1)),
    "notes": _until_done(lambda: prepare_due(clock=timezone.now, limit=BATCH)),
    "conflicts": _until_done(lambda: time_off_conflicts.tell_due_conflicts(clock=timezone.now, limit=BATCH)),
    "spending": _until_done(lambda: watch_spending(clock=timezone.now)),
    "advice": _until_done(lambda: tell_weekly_advice(clock=timezone.now)),
}
