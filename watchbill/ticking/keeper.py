"""What is kept in order beside the paging: each chore a thread of its own, once in `EVERY` seconds.

A chore does what is due, a piece at a time, until nothing is or it is asked to stop. Whoever runs it, as
often as they like, does each thing once: what is done is said in rows, in the transaction that does it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from escalation import engine
from escalation.actions.following import forget_deliveries
from escalation.actions.unheard import resolve_unheard
from escalation.handover.note import prepare_due
from escalation.intake import end_over_limit, forget_minutes, raise_silent
from escalation.rulekeeping.keeping import keep_due
from escalation.rulekeeping.reckoning import reckon_due
from oncall import handoffs, imports
from oncall.actions import announcing, changes, slots, swap_reminders, tell_weekly_advice, time_off_conflicts
from oncall.compensation.chores.rest import tell_rests
from paging import dispatch
from paging.actions.spending import watch_spending
from people import clock
from watchbill.reports.actions import due as load_reports
from watchbill.reports.actions import sending as load_mails
from watchbill.watch import clocks, hearing

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


def _each_minute(chore: Chore) -> Chore:
    """At most once a minute, for what has no row that says when it is due and costs more to look for."""
    last: list[datetime] = []

    def seldom(stopping: Stopping) -> None:
        now = clock.now()
        if last and abs(now - last[0]) < timedelta(minutes=1):
            return
        last[:] = [now]
        chore(stopping)

    return seldom


def _keep_handoffs(stopping: Stopping) -> None:
    while not stopping() and handoffs.run_due(clock=clock.now, limit=BATCH, stopping=stopping) == BATCH:
        pass


def _raise_silent() -> int:
    """Of sources that must call in. Where no web listens, nobody is known to be silent."""
    until = hearing.heard_until()
    return 0 if until is None else raise_silent(heard_until=until, clock=clock.now)


keep_windows = _until_done(lambda: engine.keep_windows(clock=clocks.database_now))
"""Maintenance that has begun or ended. By the database's clock: of several machines, none begins it early."""

CHORES: dict[str, Chore] = {
    "windows": keep_windows,
    "notices": _until_done(
        lambda: dispatch.send_due(clock=clock.now, limit=1, what=(dispatch.What.NOTICES,))
    ),
    "heartbeats": _until_done(_raise_silent),
    "unheard": _until_done(lambda: resolve_unheard(clock=clock.now)),
    "handoffs": _keep_handoffs,
    "slots": _until_done(lambda: slots.publish_due(clock=clock.now, limit=BATCH)),
    "changes": _until_done(lambda: changes.tell_due(clock=clock.now, limit=BATCH)),
    "announcements": _until_done(lambda: announcing.tell_due(clock=clock.now, limit=BATCH)),
    "swaps": _until_done(lambda: swap_reminders.run_due(clock=clock.now, limit=1)),
    "away_calendars": _until_done(lambda: imports.read_due_calendars(clock=clock.now, limit=1)),
    "notes": _until_done(lambda: prepare_due(clock=clock.now, limit=BATCH)),
    "conflicts": _until_done(lambda: time_off_conflicts.tell_due_conflicts(clock=clock.now, limit=BATCH)),
    "spending": _until_done(lambda: watch_spending(clock=clock.now)),
    "rules": _until_done(lambda: keep_due(clock=clock.now, limit=BATCH)),
    "trials": _until_done(lambda: reckon_due(clock=clock.now, limit=BATCH)),
    "advice": _until_done(lambda: tell_weekly_advice(clock=clock.now)),
    "load_reports": _each_minute(_until_done(lambda: load_reports.make_due(clock=clock.now, limit=BATCH))),
    "load_mails": _each_minute(_until_done(lambda: load_mails.send_due(clock=clock.now, limit=1))),
    "over_limits": _each_minute(_until_done(lambda: end_over_limit(clock=clock.now))),
    "key_minutes": _each_minute(_until_done(lambda: forget_minutes(now=clock.now()))),
    "deliveries": _each_minute(_until_done(lambda: forget_deliveries(clock=clock.now))),
    "rests": _each_minute(_until_done(lambda: tell_rests(clock=clock.now, limit=BATCH))),
}
