"""One look at the site itself: a loop of every Ticker and of every web process takes it again and again."""

from django.utils import timezone

from paging import dispatch
from watchbill.watch import clocks, hearing, pulse, troubles
from watchbill.watch.unwell import ENGINE, unwell

EVERY = 10.0
MOST = 50
"""Notices that a look sends at most while the engine is late."""
NOTICES_ONLY = (dispatch.What.NOTICES,)


def look(*, decides: bool = False) -> None:
    """`decides`: this process looks for due rows, and gets answers. Where no engine sends, one that does not
    decide sends: notices only, mail before the rest.
    """
    apart = clocks.difference()
    now = timezone.now() + apart
    if decides:
        pulse.looked(now=now)
    found = unwell(now=now, apart=apart)
    troubles.keep(found, now=now)
    if not decides and any(one.kind == ENGINE for one in found):
        _send_notices()


def listen() -> None:
    """What every web process does again and again: from now on its silence is no source's."""
    hearing.listened(now=clocks.database_now())


def _send_notices() -> None:
    left = MOST
    due = dispatch.due_kinds(clock=timezone.now, what=NOTICES_ONLY)
    for kind in sorted(due, key=lambda kind: (kind != "email", kind)):
        while left and (claimed := dispatch.claim_next(clock=timezone.now, what=NOTICES_ONLY, kinds=(kind,))):
            dispatch.hand_over(claimed, clock=timezone.now)
            left -= 1
