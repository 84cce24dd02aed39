"""Sections: what was changed meanwhile, and which maintenance is planned."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from escalation.handover.lines import MOST, Item, clipped, listed
from escalation.handover.scope import Scope
from escalation.models import ChangeEvent
from oncall.core.walltime import first_instant

AHEAD = timedelta(days=14)
LENGTHS = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
AS_STORED = "kept as stored, it silences nothing yet"


def changes(scope: Scope) -> Sequence[Item]:
    """The changes that were announced of the services, the newest first."""
    found = ChangeEvent.objects.filter(
        service__in=scope.services, at__gte=scope.began, at__lt=scope.until
    ).order_by("-at", "-pk")

    def say(row: ChangeEvent) -> Item:
        service = scope.services[row.service_id].name
        source = f" ({clipped(row.source, 60)})" if row.source else ""
        return Item(text=clipped(f"{scope.at(row.at)}, {service}: {clipped(row.summary, 300)}{source}"))

    return listed(found[:MOST], say, total=found.count())


def maintenance(scope: Scope) -> Sequence[Item]:
    """The windows that begin within 14 days, the next first."""
    found = sorted(_windows(scope), key=lambda row: row[0])
    return listed(found, lambda row: row[1], total=len(found))


def _windows(scope: Scope) -> Iterator[tuple[datetime, Item]]:
    for service in scope.services.values():
        for window in service.extras.get("maintenance") or ():
            begins = next_start(window, now=scope.now)
            if begins is not None and begins <= scope.now + AHEAD:
                yield begins, Item(text=clipped(_said(service.name, window, scope.at(begins))))


def _said(service: str, window: Mapping[str, Any], begins: str) -> str:
    repeat, reason = window.get("repeat"), window.get("reason")
    parts = (f"{service}: from {begins}", f"{repeat}" if repeat else "", AS_STORED)
    return ", ".join(part for part in parts if part) + (f": {reason}" if reason else "")


def next_start(window: Mapping[str, Any], *, now: datetime) -> datetime | None:
    """When a window of the document (wall-clock `start`, `time_zone`, `repeat`) next begins, from `now` on.

    A month without that day is passed over, as calendars do.
    """
    zone = ZoneInfo(window.get("time_zone") or "UTC")
    start = datetime.fromisoformat(str(window["start"]))
    if start.tzinfo is not None:
        start = start.astimezone(zone).replace(tzinfo=None)
    here = now.astimezone(zone).replace(tzinfo=None)
    found = _from(start, here, window.get("repeat"))
    return None if found is None else first_instant(found, zone)


def _from(start: datetime, here: datetime, repeat: str | None) -> datetime | None:
    if start >= here:
        return start
    if repeat in LENGTHS:
        length = LENGTHS[repeat]
        return start + -((start - here) // length) * length
    if repeat == "monthly":
        return next(month for month in _months(start, here) if month >= here)
    return None


def _months(start: datetime, here: datetime) -> Iterator[datetime]:
    for months in range(here.year * 12 + here.month - 1, here.year * 12 + here.month + 3):
        year, month = divmod(months, 12)
        if start.day <= monthrange(year, month + 1)[1]:
            yield start.replace(year=year, month=month + 1)
