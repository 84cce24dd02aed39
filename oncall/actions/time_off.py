"""Whole days a person is away."""

from datetime import date, datetime

from django.db import transaction

from oncall.actions.refusal import Refused, text
from oncall.models import TimeOff
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User


def add_time_off(
    *, user: User, start: date, end: date, reason: str = "", by: Actor, now: datetime
) -> TimeOff:
    """`user` is away from `start` to the day before `end`, in their own zone. Raises Refused for no day."""
    if end <= start:
        raise Refused(f"Time off from {start} to {end} has no day in it; the end is the first day back.")
    with transaction.atomic():
        row = TimeOff.objects.create(
            user=user, start=start, end=end, reason=text(reason, what="reason", limit=200)
        )
        _record(Verb.TIME_OFF_CREATED, row, by=by, now=now)
    return row


def cancel_time_off(*, time_off: TimeOff, by: Actor, now: datetime) -> TimeOff:
    """Take time off back. Raises Refused when it was taken back before."""
    with transaction.atomic():
        row = TimeOff.objects.select_for_update(of=("self",)).select_related("user").get(pk=time_off.pk)
        if row.cancelled_at is not None:
            raise Refused(f"{row} was cancelled before.")
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        _record(Verb.TIME_OFF_CANCELLED, row, by=by, now=now)
    return row


def _record(verb: Verb, row: TimeOff, *, by: Actor, now: datetime) -> None:
    data = {"time_off": row.pk, "start": row.start.isoformat(), "end": row.end.isoformat()}
    what = f"{row}, cancelled" if row.cancelled_at else str(row)
    record([Line(verb, ("user", row.user_id), by, what, why=row.reason, data=data)], now=now)
