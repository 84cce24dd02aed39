"""Schedules, what is laid over them, and time off."""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.db.models import QuerySet

from oncall import actions
from oncall.core.override import TemporaryShift
from oncall.models import Override as OverrideRow
from oncall.models import Schedule as ScheduleRow
from oncall.models import TemporarySchedule
from oncall.models import TimeOff as TimeOffRow
from oncall.selectors import announcements_of
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.definitions import definition_of, participants
from watchbill.provisioning.document.schedules import (
    Announcements,
    Handoffs,
    Override,
    Schedule,
    Temporary,
)
from watchbill.provisioning.plan import Change
from watchbill.provisioning.settling import instant, moment
from watchbill.provisioning.stored_schedules import announced

if TYPE_CHECKING:
    from watchbill.provisioning.document.people import TimeOff


class _Place:
    """What a part of a schedule needs to know of it: its name, and the zone in which its times are said."""

    def __init__(self, change: Change, context: Context) -> None:
        self.name = change.identity[0]
        self.zone = context.zones[self.name]
        self.founding = self.name in context.founding


def create_schedule(change: Change, context: Context) -> None:
    schedule = cast("Schedule", change.wanted)
    context.founding.add(schedule.name)
    if ScheduleRow.objects.filter(name=schedule.name).exists():
        _bring_back(schedule, context)
        return
    ids = {name: user.pk for name, user in context.users(participants(schedule)).items()}
    row = actions.create_schedule(
        name=schedule.name,
        team=context.team(schedule.team),
        time_zone=context.zones[schedule.name],
        holidays=schedule.holidays,
        definition=definition_of(schedule, ids),
        by=context.by,
        now=context.now,
    )
    _set_handoffs(row, schedule, context)


def change_schedule(change: Change, context: Context) -> None:
    schedule = cast("Schedule", change.wanted)
    row = context.schedule(schedule.name)
    actions.set_team(schedule=row, team=context.team(schedule.team), by=context.by, now=context.now)
    _say(row, schedule, context)


def _bring_back(schedule: Schedule, context: Context) -> None:
    row = context.schedule(schedule.name)
    actions.bring_back(schedule=row, by=context.by, now=context.now)
    actions.set_team(schedule=row, team=context.team(schedule.team), by=context.by, now=context.now)
    _say(row, schedule, context)


def _say(row: ScheduleRow, schedule: Schedule, context: Context) -> None:
    """A new version from now on, unless the one in force says the same."""
    ids = {name: user.pk for name, user in context.users(participants(schedule)).items()}
    actions.new_version(
        schedule=row,
        time_zone=context.zones[schedule.name],
        holidays=schedule.holidays,
        definition=definition_of(schedule, ids),
        by=context.by,
        now=context.now,
    )
    _set_handoffs(row, schedule, context)


def _set_handoffs(row: ScheduleRow, schedule: Schedule, context: Context) -> None:
    said = schedule.handoffs or Handoffs()
    actions.set_handoffs(
        schedule=row,
        reminders=said.reminders,
        confirm_within=said.confirm_within,
        by=context.by,
        now=context.now,
    )


def retire_schedule(change: Change, context: Context) -> None:
    actions.retire_schedule(schedule=context.schedule(change.identity[0]), by=context.by, now=context.now)


def set_announcements(change: Change, context: Context) -> None:
    """Take off what is not wanted, add what is new, and leave the rest as it is."""
    row = context.schedule(change.identity[0])
    wanted = cast("Announcements", change.wanted).places if change.wanted else []
    there = list(announcements_of(row))
    said = announced(there)
    for one in there:
        if said[one.pk] not in wanted:
            actions.remove_announcement(announcement=one, by=context.by, now=context.now)
    for new in wanted:
        if new not in said.values():
            actions.add_announcement(
                schedule=row,
                to=new.to or "",
                webhook=new.webhook or "",
                days=new.days,
                at=new.at or "",
                on_change=new.on_change,
                by=context.by,
                now=context.now,
            )


def create_override(change: Change, context: Context) -> None:
    """One that is there already, because its schedule was retired and comes back, stays as it is."""
    override, place = cast("Override", change.wanted), _Place(change, context)
    if _override_rows(override, place).exists():
        return
    actions.add_override(
        schedule=context.schedule(place.name),
        role=override.role,
        kind=override.kind,
        start=instant(override.start, place.zone),
        end=instant(override.end, place.zone),
        user=context.user(override.user),
        instead_of=context.user(override.instead_of) if override.instead_of else None,
        reason=override.reason,
        over_temporary=override.over_temporary,
        by=context.by,
        now=context.now,
        founding=place.founding,
    )


def change_override(change: Change, context: Context) -> None:
    """Another reason, or now over a temporary schedule: the old one has not begun, a new one replaces it."""
    retire_override(change, context)
    create_override(change, context)


def retire_override(change: Change, context: Context) -> None:
    override = cast("Override", change.stored)
    for row in _override_rows(override, _Place(change, context)):
        actions.cancel_override(override=row, by=context.by, now=context.now)


def create_temporary(change: Change, context: Context) -> None:
    temporary, place = cast("Temporary", change.wanted), _Place(change, context)
    if any(_shifts_of(row, place.zone) == _shifts(temporary) for row in _temporary_rows(temporary, place)):
        return
    users = context.users(shift.user for shift in temporary.shifts)
    actions.add_temporary(
        schedule=context.schedule(place.name),
        start=instant(temporary.start, place.zone),
        end=instant(temporary.end, place.zone),
        shifts=[
            TemporaryShift(
                role=shift.role,
                start=instant(shift.start, place.zone),
                end=instant(shift.end, place.zone),
                user=users[shift.user].pk,
            )
            for shift in temporary.shifts
        ],
        by=context.by,
        now=context.now,
        founding=place.founding,
    )


def change_temporary(change: Change, context: Context) -> None:
    """Other shifts: the old span goes, a new one takes its place. Refused where it has begun."""
    retire_temporary(change, context)
    create_temporary(change, context)


def retire_temporary(change: Change, context: Context) -> None:
    temporary = cast("Temporary", change.stored)
    for row in _temporary_rows(temporary, _Place(change, context)):
        actions.cancel_temporary(temporary=row, by=context.by, now=context.now)


def create_time_off(change: Change, context: Context) -> None:
    away = cast("TimeOff", change.wanted)
    actions.add_time_off(
        user=context.user(away.user),
        start=away.start,
        end=away.end,
        reason=away.reason,
        by=context.by,
        now=context.now,
    )


def change_time_off(change: Change, context: Context) -> None:
    retire_time_off(change, context)
    create_time_off(change, context)


def retire_time_off(change: Change, context: Context) -> None:
    user, start, end = change.identity
    entered = TimeOffRow.objects.filter(calendar=None, cancelled_at=None)
    for row in entered.filter(user__username=user, start=start, end=end):
        actions.cancel_time_off(time_off=row, by=context.by, now=context.now)


def _override_rows(override: Override, place: _Place) -> QuerySet[OverrideRow]:
    found = OverrideRow.objects.filter(
        schedule__name=place.name,
        role=override.role,
        kind=override.kind,
        start=instant(override.start, place.zone),
        end=instant(override.end, place.zone),
        user__username=override.user,
        over_temporary=override.over_temporary,
        cancelled_at=None,
    )
    return found.filter(instead_of__username=override.instead_of) if override.instead_of else found


def _temporary_rows(temporary: Temporary, place: _Place) -> QuerySet[TemporarySchedule]:
    return TemporarySchedule.objects.filter(
        schedule__name=place.name,
        start=instant(temporary.start, place.zone),
        end=instant(temporary.end, place.zone),
        cancelled_at=None,
    )


Shifts = set[tuple[str, datetime, datetime, str]]


def _shifts(temporary: Temporary) -> Shifts:
    return {(shift.role, shift.start, shift.end, shift.user) for shift in temporary.shifts}


def _shifts_of(row: TemporarySchedule, zone: str) -> Shifts:
    return {
        (shift.role, moment(shift.start, zone), moment(shift.end, zone), shift.user.username)
        for shift in row.shifts.select_related("user")
    }
