"""Whole days a person is away."""

from datetime import date, datetime

from django.db import transaction

from oncall.actions.refusal import Overtaken, Refused, text
from oncall.away.fetching import host_of
from oncall.core.final import EARLIEST, LATEST
from oncall.models import TimeOff
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User


def add_time_off(
    *, user: User, start: date, end: date, reason: str = "", by: Actor, now: datetime
) -> TimeOff:
    """`user` is away from `start` to the day before `end`, in their own zone. Raises Refused for no day."""
    _check_days(start, end)
    with transaction.atomic():
        row = TimeOff.objects.create(
            user=user, start=start, end=end, reason=text(reason, what="reason", limit=200)
        )
        _record(Verb.TIME_OFF_CREATED, row, by=by, now=now)
    return row


def cancel_time_off(*, time_off: TimeOff, by: Actor, now: datetime) -> TimeOff:
    """Take time off back. Raises Refused when it was taken back before, and for what a calendar says."""
    with transaction.atomic():
        row = TimeOff.objects.select_for_update(of=("self",)).get(pk=time_off.pk)
        if row.cancelled_at is not None:
            raise Overtaken(f"{row} was cancelled before.")
        if row.calendar is not None and row.calendar.removed_at is None:
            raise Refused(
                f"{row} comes from their calendar at {host_of(row.calendar.address)}, read every hour; "
                "change it there, or remove the calendar."
            )
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        _record(Verb.TIME_OFF_CANCELLED, row, by=by, now=now)
    return row


def _check_days(start: date, end: date) -> None:
    if end <= start:
        raise Refused(f"Time off from {start} to {end} has no day in it; the end is the first day back.")
    if not EARLIEST.year < start.year or not end.year < LATEST.year:
        years = f"{EARLIEST.year + 1} to {LATEST.year - 1}"
        raise Refused(f"Time off from {start} to {end} lies outside the years {years}; look at its dates.")


def _record(verb: Verb, row: TimeOff, *, by: Actor, now: datetime) -> None:
    """Without the reason: managers of every team read the ledger, and the row itself is never deleted."""
    data = {"time_off": row.pk, "start": row.start.isoformat(), "end": row.end.isoformat()}
    what = f"{row}, cancelled" if row.cancelled_at else str(row)
    record([Line(verb, ("user", row.user_id), by, what, data=data)], now=now)
