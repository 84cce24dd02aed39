"""What is read from elsewhere: the calendars people subscribe to, each about once an hour."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction

from oncall.actions.away_calendars import keep_fault, keep_good
from oncall.away.fetching import Fetched, Unfetched, fetch
from oncall.away.reading import Event, Unreadable, read
from oncall.models import AwayCalendar

LEASE = timedelta(minutes=10)
BACK = timedelta(days=30)
AHEAD = timedelta(days=400)
log = structlog.get_logger(__name__)


def read_due_calendars(*, clock: Callable[[], datetime], limit: int = 100) -> int:
    """Fetch and read every calendar that is due, the longest waiting first. Returns how many were looked at.

    Many workers may run it at once: each calendar is leased before it is fetched, in no transaction, and a
    worker that dies leaves it to the next one after `LEASE`.
    """
    due = AwayCalendar.objects.filter(wake_at__lte=clock(), removed_at=None).order_by("wake_at", "pk")
    return sum(_run_one(pk, clock) for pk in list(due.values_list("pk", flat=True)[:limit]))


def _run_one(pk: int, clock: Callable[[], datetime]) -> bool:
    row = _claimed(pk, clock)
    if row is None:
        return False
    try:
        fetched = fetch(row.address, etag=_known(row, clock()), private_hosts=settings.CALENDAR_PRIVATE_HOSTS)
        events = _events(row, fetched, clock())
        keep_good(calendar_id=row.pk, events=events, etag=fetched.etag, now=clock())
    except (Unfetched, Unreadable) as fault:
        keep_fault(calendar_id=row.pk, fault=str(fault), now=clock())
    except (DatabaseError, InterfaceError):
        raise
    except Exception:
        log.exception("away_calendar_not_read", away_calendar=row.pk, effect="read again later")
        keep_fault(calendar_id=row.pk, fault="It could not be read; it is tried again.", now=clock())
    return True


def _claimed(pk: int, clock: Callable[[], datetime]) -> AwayCalendar | None:
    with transaction.atomic():
        now = clock()
        rows = AwayCalendar.objects.select_for_update(skip_locked=True, of=("self",))
        row = rows.filter(pk=pk, wake_at__lte=now, removed_at=None).select_related("user").first()
        if row is not None:
            AwayCalendar.objects.filter(pk=pk).update(wake_at=now + LEASE)
        return row


def _known(row: AwayCalendar, now: datetime) -> str:
    """Once a day it is read whole, so that what repeats for ever is known as far ahead as ever."""
    return row.etag if row.good_at is not None and row.good_at.date() == now.date() else ""


def _events(row: AwayCalendar, fetched: Fetched, now: datetime) -> list[Event] | None:
    if fetched.body is None:
        return None
    return read(
        fetched.body,
        zone=ZoneInfo(row.user.time_zone),
        since=now - BACK,
        until=now + AHEAD,
        words=row.words,
    )
