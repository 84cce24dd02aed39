"""Celery's doors. Each task does what a tick would do anyway, only sooner."""

from typing import Any

from celery import shared_task, signals

from escalation import engine
from escalation.intake import forget_posts, forget_routing
from oncall.actions import extend_holidays
from oncall.compensation.chores.drafts import keep_drafts
from oncall.compensation.chores.losses import tell_losses
from paging import dispatch
from people import clock
from watchbill.reports.actions import due, sending
from watchbill.ticking import ticker
from watchbill.watch import clocks

A_FEW = 10
"""At once, so that a worker that is to end need not wait for long."""
_ticker = ticker.Ticker()


def tick() -> None:
    """Decide what is due, then send the pages that are due, until neither finds anything."""
    while engine.run_due(clock=clock.now):
        pass
    dispatch.send_due(clock=clock.now, what=(dispatch.What.PAGES,))


@shared_task(name="watchbill.tick", ignore_result=True)
def tick_task() -> None:
    """Costs one flag where a ticker runs beside it; in a prefork worker's child it does the work itself."""
    if not ticker.wake():
        clocks.agree()
        tick()


@shared_task(name="watchbill.housekeeping", ignore_result=True)
def housekeeping() -> None:
    """What nothing waits for, once a night, each whatever becomes of the others. Raises what failed."""
    chores = (
        lambda: extend_holidays(clock.now()),
        lambda: keep_drafts(clock=clock.now),
        lambda: tell_losses(clock=clock.now),
        lambda: forget_posts(now=clock.now()),
        forget_routing,
    )
    faults = []
    for chore in chores:
        try:
            chore()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the others are done, and it is raised below
            faults.append(fault)
    if faults:
        raise ExceptionGroup("not everything of the night was done", faults)


@shared_task(name="watchbill.load_reports", ignore_result=True)
def load_reports() -> None:
    """Make some of the pager-load reports that are due, and mail some. The keeper of every worker does too,
    so that none waits for a broker: what one has taken the other passes over.
    """
    due.make_due(clock=clock.now, limit=A_FEW)
    sending.send_due(clock=clock.now, limit=A_FEW)


@signals.worker_ready.connect
def _start_ticker(**_: Any) -> None:
    _ticker.start()


@signals.worker_shutting_down.connect
def _take_on_nothing_more(**_: Any) -> None:
    """Before Celery waits for its tasks: the work of the night may take longer than a worker has to end in,
    and whoever is killed then has no message in a provider's hands.
    """
    _ticker.ask_to_stop()


@signals.worker_shutdown.connect
def _stop_ticker(**_: Any) -> None:
    _ticker.stop()
