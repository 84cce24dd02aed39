"""When a schedule's people are told of their shifts, and how long a handoff may wait to be confirmed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from oncall.actions.refusal import Refused
from oncall.actions.spans import changed, locked
from oncall.core.reminders import checked_confirm_within, checked_reminders, spelled, spelled_reminders
from oncall.models import Schedule
from oncall.models.schedules import USUAL_CONFIRM_WITHIN, USUAL_REMINDERS
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb


def set_handoffs(
    *,
    schedule: Schedule,
    reminders: Sequence[timedelta] | None,
    confirm_within: timedelta | None,
    by: Actor,
    now: datetime,
) -> None:
    """Remind people this long before their shifts, and let a handoff wait for `confirm_within`.

    None is the usual; no reminders at all is []. Writes nothing when it is so already. Raises Refused for
    times out of reason, and for a retired schedule.
    """
    seconds, within = _seconds(reminders), _within(confirm_within)
    with transaction.atomic():
        row = Schedule.objects.get(pk=schedule.pk)
        if (row.reminders, row.confirm_within) == (seconds, within):
            return
        row = locked(schedule)
        data = {
            "reminders": [row.reminders, seconds],
            "confirm_within": [_total(row.confirm_within), _total(within)],
        }
        row.reminders, row.confirm_within = seconds, within
        row.save(update_fields=["reminders", "confirm_within"])
        changed(row, now=now)
        record([Line(Verb.SCHEDULE_CHANGED, ("schedule", row.pk), by, _sentence(row), data=data)], now=now)


def _seconds(reminders: Sequence[timedelta] | None) -> list[int] | None:
    try:
        leads = None if reminders is None else checked_reminders(reminders)
    except ValueError as fault:
        raise Refused(str(fault)) from None
    usual = leads is None or leads == list(USUAL_REMINDERS)
    return None if usual else [int(lead.total_seconds()) for lead in leads or ()]


def _within(confirm_within: timedelta | None) -> timedelta | None:
    try:
        within = None if confirm_within is None else checked_confirm_within(confirm_within)
    except ValueError as fault:
        raise Refused(str(fault)) from None
    return None if within == USUAL_CONFIRM_WITHIN else within


def _total(within: timedelta | None) -> int | None:
    return None if within is None else int(within.total_seconds())


def _sentence(row: Schedule) -> str:
    leads = USUAL_REMINDERS if row.reminders is None else [timedelta(seconds=one) for one in row.reminders]
    when = f"{spelled_reminders(leads)} before" if leads else "only at the start of"
    within = spelled(row.confirm_within or USUAL_CONFIRM_WITHIN)
    return f"Schedule {row.name} tells people {when} a shift; a handoff is to be confirmed within {within}"
