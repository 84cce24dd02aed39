"""Temporary schedules: a span in which their own shifts replace everything the schedule says."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction

from oncall.actions.refusal import Refused, sentence_of_span
from oncall.actions.spans import changed, check_role, checked_start, locked, roster_around
from oncall.core.override import TemporaryShift
from oncall.models import Schedule, TemporarySchedule
from oncall.models import TemporaryShift as TemporaryShiftRow
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User


def add_temporary(  # noqa: PLR0913 - the words of one request
    *,
    schedule: Schedule,
    start: datetime,
    end: datetime,
    shifts: Iterable[TemporaryShift],
    by: Actor,
    now: datetime,
    founding: bool = False,
) -> TemporarySchedule:
    """From `start` to `end` only `shifts` are carried, in every role; the rest of the span is nobody's.

    A start up to five minutes ago becomes `now`, for its shifts too; an earlier one is refused unless
    `founding`. Refused as well: a shift outside the span, and a span that overlaps another temporary's.
    """
    wanted = list(shifts)
    with transaction.atomic():
        schedule = locked(schedule)
        _check_inside(wanted, start, end)
        start = checked_start(start, end, now=now, founding=founding)
        roster = roster_around(schedule, start, end, now)
        for shift in wanted:
            check_role(shift.role, roster, schedule)
        _check_people(wanted)
        _check_free(schedule, start, end)
        row = TemporarySchedule.objects.create(
            schedule=schedule, start=start, end=end, created_at=now, created_by=by.user
        )
        TemporaryShiftRow.objects.bulk_create(
            TemporaryShiftRow(
                temporary=row, role=one.role, start=max(one.start, start), end=one.end, user_id=one.user
            )
            for one in wanted
            if one.end > start
        )
        changed(schedule, now=now)
        span = sentence_of_span(start, end, roster.versions[-1].zone)
        _record(Verb.TEMPORARY_CREATED, row, f"Temporary schedule {span}", by=by, now=now)
    return row


def end_temporary(*, temporary: TemporarySchedule, by: Actor, now: datetime) -> TemporarySchedule:
    """End a temporary schedule that has begun; what was carried stays. Raises Refused for any other."""
    with transaction.atomic():
        row = _locked(temporary)
        if row.start >= now:
            raise Refused("This temporary schedule has not begun; cancel it instead.")
        if row.end <= now:
            raise Refused("This temporary schedule is over and stays as it was.")
        row.end = now
        row.save(update_fields=["end"])
        changed(row.schedule, now=now)
        _record(Verb.TEMPORARY_ENDED, row, "Temporary schedule ended", by=by, now=now)
    return row


def cancel_temporary(*, temporary: TemporarySchedule, by: Actor, now: datetime) -> TemporarySchedule:
    """Take back a temporary schedule that has not begun. Raises Refused for any other."""
    with transaction.atomic():
        row = _locked(temporary)
        if row.start < now:
            raise Refused("This temporary schedule has begun, and who was on call stays; end it instead.")
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        changed(row.schedule, now=now)
        _record(Verb.TEMPORARY_CANCELLED, row, "Temporary schedule cancelled", by=by, now=now)
    return row


def _locked(temporary: TemporarySchedule) -> TemporarySchedule:
    locked(temporary.schedule)
    row = TemporarySchedule.objects.get(pk=temporary.pk)
    if row.cancelled_at is not None:
        at = row.cancelled_at.astimezone(UTC)
        raise Refused(f"This temporary schedule was cancelled at {at:%Y-%m-%d %H:%M} UTC.")
    return row


def _check_inside(shifts: list[TemporaryShift], start: datetime, end: datetime) -> None:
    for shift in shifts:
        if not start <= shift.start < shift.end <= end:
            raise Refused(
                f"The {shift.role} shift {sentence_of_span(shift.start, shift.end, UTC)} is not within the "
                f"temporary schedule {sentence_of_span(start, end, UTC)}; move one of them."
            )


def _check_people(shifts: list[TemporaryShift]) -> None:
    named = {shift.user for shift in shifts}
    missing = named - set(User.objects.filter(pk__in=named).values_list("pk", flat=True))
    if missing:
        raise Refused(f"There is no person {min(missing)}; name somebody who exists.")


def _check_free(schedule: Schedule, start: datetime, end: datetime) -> None:
    others = TemporarySchedule.objects.filter(schedule=schedule, cancelled_at__isnull=True)
    other = others.filter(start__lt=end, end__gt=start).order_by("start").first()
    if other is not None:
        raise Refused(
            f"Another temporary schedule ({other.pk}) lasts from {other.start:%Y-%m-%d %H:%M} to "
            f"{other.end:%Y-%m-%d %H:%M} UTC; end or cancel that one first, or choose another time."
        )


def _record(verb: Verb, row: TemporarySchedule, what: str, *, by: Actor, now: datetime) -> None:
    data = {"temporary": row.pk, "start": row.start.isoformat(), "end": row.end.isoformat()}
    record([Line(verb, ("schedule", row.schedule_id), by, what, data=data)], now=now)
