"""Section: what keeps services from paging, now and in the days to come."""

from collections.abc import Sequence
from datetime import timedelta

from escalation.handover.lines import Item, clipped, listed
from escalation.handover.scope import Scope
from escalation.quiet.showing import Shown, shown, windows

AHEAD = timedelta(days=14)


def maintenance(scope: Scope) -> Sequence[Item]:
    """The windows that run, and those that begin within 14 days, the next first."""
    rows = shown(windows(now=scope.now).filter(service__in=scope.services), now=scope.now)
    found = [one for one in rows if one.begins is not None and one.begins <= scope.now + AHEAD]
    return listed(
        found, lambda one: Item(text=clipped(_said(scope, one)), path="/maintenance"), total=len(found)
    )


def _said(scope: Scope, one: Shown) -> str:
    row, name = one.row, scope.services[one.row.service_id].name
    if one.running is not None:
        when = f"{name}: pages nobody until {scope.at(one.running.end)}"
    elif one.coming is not None:
        when = f"{name}: from {scope.at(one.coming.start)} to {scope.at(one.coming.end)}"
    parts = (when, row.repeat)
    return ", ".join(part for part in parts if part) + (f": {row.reason}" if row.reason else "")
