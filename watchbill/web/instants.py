"""Instants and days as forms of these pages have them: in the reader's own zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from oncall.actions import Refused
from oncall.core.walltime import first_instant, wall_time

LOCAL = "%Y-%m-%dT%H:%M"


def written(at: datetime, zone: ZoneInfo) -> str:
    """As a field of date and time wants it."""
    return wall_time(at, zone).strftime(LOCAL)


def exact(text: str) -> datetime | None:
    """An instant with its offset from UTC, as an address carries it; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not 1900 < found.year < 9000:
        return None
    return found


def instant(text: str, zone: ZoneInfo, *, what: str, known: datetime | None) -> datetime:
    """The field as an instant; `known` where it still says that, so that no second and no hour that comes
    twice is lost. Raises Refused.
    """
    if known is not None and text == written(known, zone):
        return known
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        wall = None
    if wall is None or wall.tzinfo is not None or not 1900 < wall.year < 9000:
        raise Refused(f"The {what} is no date and time; write it like 2026-03-02T09:00.")
    return first_instant(wall, zone)


def day(text: str, *, what: str) -> date:
    """Raises Refused."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1900 < found.year < 9000:
        raise Refused(f"The {what} is no date; write it like 2026-03-02.")
    return found
