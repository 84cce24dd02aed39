"""Rows to rosters, in at most three queries however many schedules are asked for.

One for the versions in force, one for everything laid over them (overrides, temporary schedules and their
shifts, and who has left), and one for holidays where a layer counts worked days.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import (
    CharField,
    DateTimeField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from oncall.core.definition import Definition
from oncall.core.final import Roster, Version
from oncall.core.override import Kind, Override, Temporary, TemporaryShift
from oncall.core.rotation import NO_HOLIDAYS, Holidays
from oncall.core.slots import Slot
from oncall.models import HolidayDate, ScheduleVersion
from oncall.models import Override as OverrideRow
from oncall.models import Slot as SlotRow
from oncall.models import TemporarySchedule as TemporaryRow
from oncall.models import TemporaryShift as TemporaryShiftRow
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.models import User

COLUMNS = ("what", "of", "number", "on_role", "begins", "ends", "who", "instead", "over")


@dataclass
class _Laid:
    """What lies over the base shifts of one schedule, as it is gathered."""

    overrides: list[Override] = field(default_factory=list)
    temporaries: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    shifts: dict[int, list[TemporaryShift]] = field(default_factory=lambda: defaultdict(list))


def rosters(schedule_ids: Iterable[int], *, since: datetime, until: datetime) -> dict[int, Roster]:
    """Everything that decides who is on call in [since, until), by schedule id.

    A person who is not active is nobody from the last `user.deactivated` in the ledger, or, where there is
    none, from `since`.
    """
    wanted = list(schedule_ids)
    versions = _versions(wanted, since=since, until=until)
    laid, left = _laid_over(wanted, since=since, until=until)
    retired = {row.schedule_id: row.schedule.retired_at for row in versions}
    by_schedule = _core_versions(versions)
    return {
        schedule: Roster(
            versions=tuple(by_schedule.get(schedule, ())),
            overrides=tuple(laid[schedule].overrides),
            temporaries=_temporaries(laid[schedule]),
            deactivated=left,
            retired_at=retired.get(schedule),
        )
        for schedule in wanted
    }


def as_slot(row: SlotRow) -> Slot:
    """A slot's row as calendars compare it."""
    return Slot(
        role=row.role,
        start=row.start,
        end=row.end,
        user=row.user_id,
        place=row.place,
        override=row.override,
        sequence=row.sequence,
        changed_at=row.changed_at,
        cancelled=row.cancelled_at is not None,
    )


def _versions(wanted: list[int], *, since: datetime, until: datetime) -> list[ScheduleVersion]:
    """The version in force at `since`, and those that begin before `until`."""
    in_force = ScheduleVersion.objects.filter(schedule=OuterRef("schedule"), effective_from__lte=since)
    begun = in_force.order_by("-effective_from").values("effective_from")[:1]
    return list(
        ScheduleVersion.objects.filter(schedule__in=wanted, effective_from__lt=until)
        .filter(effective_from__gte=Coalesce(Subquery(begun), F("effective_from")))
        .select_related("schedule")
        .order_by("schedule_id", "effective_from")
    )


def _core_versions(rows: list[ScheduleVersion]) -> dict[int, list[Version]]:
    read = [(row, Definition.from_json(row.definition)) for row in rows]
    holidays = _holidays(
        row.holidays for row, definition in read if any(layer.turns != "all" for layer in definition.layers())
    )
    found: dict[int, list[Version]] = defaultdict(list)
    for row, definition in read:
        zone, dates = ZoneInfo(row.time_zone), holidays.get(row.holidays, NO_HOLIDAYS)
        found[row.schedule_id].append(Version(row.effective_from, zone, definition, dates))
    return found


def _holidays(calendars: Iterable[str]) -> Mapping[str, Holidays]:
    wanted = {calendar for calendar in calendars if calendar}
    if not wanted:
        return {}
    found: dict[str, list[date]] = defaultdict(list)
    rows = HolidayDate.objects.filter(calendar__in=wanted).values_list("calendar", "date")
    for calendar, day in rows:
        found[calendar].append(day)
    return {calendar: Holidays.of(days) for calendar, days in found.items()}


def _laid_over(
    wanted: list[int], *, since: datetime, until: datetime
) -> tuple[dict[int, _Laid], dict[int, datetime]]:
    laid: dict[int, _Laid] = defaultdict(_Laid)
    left: dict[int, datetime] = {}
    for what, of, number, role, begins, ends, who, instead, over in _laid_over_rows(
        wanted, since=since, until=until
    ):
        if what == "left":
            left[who] = begins
        elif what == "temporary":
            laid[of].temporaries[number] = (begins, ends)
        elif what == "shift":
            laid[of].shifts[number].append(TemporaryShift(role, begins, ends, who))
        else:
            kind = cast("Kind", what)
            laid[of].overrides.append(Override(role, kind, begins, ends, who, instead, number, bool(over)))
    return laid, left


def _laid_over_rows(wanted: list[int], *, since: datetime, until: datetime) -> QuerySet[Any, Any]:
    """One statement: overrides, temporary schedules, their shifts, and who has left and since when."""
    touching = Q(start__lt=until, end__gt=since, cancelled_at__isnull=True, schedule__in=wanted)
    in_touching = Q(temporary__in=TemporaryRow.objects.filter(touching))
    overrides = _columns(
        OverrideRow.objects.filter(touching),
        what=F("kind"),
        of=F("schedule_id"),
        on_role=F("role"),
        who=F("user_id"),
        instead=F("instead_of_id"),
        over=Cast("over_temporary", IntegerField()),
    )
    temporaries = _columns(
        TemporaryRow.objects.filter(touching), what=Value("temporary"), of=F("schedule_id")
    )
    shifts = _columns(
        TemporaryShiftRow.objects.filter(in_touching),
        what=Value("shift"),
        of=F("temporary__schedule_id"),
        number=F("temporary_id"),
        on_role=F("role"),
        who=F("user_id"),
    )
    return overrides.union(temporaries, shifts, _left(since), all=True)


def _left(since: datetime) -> QuerySet[Any, Any]:
    leaving = Entry.objects.filter(verb=Verb.USER_DEACTIVATED, subject_type="user", subject_id=OuterRef("pk"))
    latest = Subquery(leaving.order_by("-id").values("at")[:1])
    return _columns(
        User.objects.filter(is_active=False),
        what=Value("left"),
        begins=Coalesce(latest, Value(since, output_field=DateTimeField())),
        ends=Value(since, output_field=DateTimeField()),
        who=F("pk"),
    )


def _columns(rows: QuerySet[Any, Any], **columns: Any) -> QuerySet[Any, Any]:
    """`rows` with every one of COLUMNS, each of one type, so that they can be put under one another."""
    number = Cast(Value(None), IntegerField())
    given: dict[str, Any] = {
        "of": number,
        "number": F("pk"),
        "on_role": Value(""),
        "begins": F("start"),
        "ends": F("end"),
        "who": number,
        "instead": number,
        "over": number,
    }
    given |= columns
    texts = {name: Cast(given[name], CharField()) for name in ("what", "on_role")}
    laid: QuerySet[Any, Any] = rows.annotate(**given | texts).values_list(*COLUMNS)
    return laid


def _temporaries(laid: _Laid) -> tuple[Temporary, ...]:
    return tuple(
        Temporary(start, end, tuple(laid.shifts[number])) for number, (start, end) in laid.temporaries.items()
    )
