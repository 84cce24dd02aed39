"""Rows to rosters, in at most three queries however many schedules are asked for.

One for the versions in force, one for everything laid over them (overrides, temporary schedules and their
shifts, and who has left), and one for holidays where a layer counts worked days. The first two are asked
each time somebody is to be paged, and are written in SQL: Django takes longer to put them together than
the database to answer them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.db.models import DateTimeField, Func

from oncall.core.definition import Definition
from oncall.core.final import Roster, Version
from oncall.core.override import Kind, Override, Temporary, TemporaryShift
from oncall.core.rotation import NO_HOLIDAYS, Holidays
from oncall.core.slots import Slot
from oncall.models import HolidayDate
from people.ledger.verbs import Verb

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

# The version in force at `since`, and those that begin before `until`.
VERSIONS = """
SELECT version.schedule_id, version.effective_from, version.time_zone, version.holidays, version.definition,
       schedule.retired_at
FROM oncall_scheduleversion version
JOIN oncall_schedule schedule ON schedule.id = version.schedule_id
WHERE version.schedule_id IN ({wanted}) AND version.effective_from < %(until)s
  AND version.effective_from >= COALESCE((
    SELECT MAX(begun.effective_from) FROM oncall_scheduleversion begun
    WHERE begun.schedule_id = version.schedule_id AND begun.effective_from <= %(since)s
  ), version.effective_from)
ORDER BY version.schedule_id, version.effective_from
"""

# What touches [since, until), and everyone who has left, with the last time they did by the ledger.
LAID_OVER = """
SELECT kind, schedule_id, id, role, start, "end", user_id, instead_of_id, over_temporary
FROM oncall_override
WHERE schedule_id IN ({wanted}) AND cancelled_at IS NULL AND start < %(until)s AND "end" > %(since)s
UNION ALL
SELECT 'temporary', schedule_id, id, '', start, "end", NULL, NULL, FALSE
FROM oncall_temporaryschedule
WHERE schedule_id IN ({wanted}) AND cancelled_at IS NULL AND start < %(until)s AND "end" > %(since)s
UNION ALL
SELECT 'shift', whole.schedule_id, whole.id, shift.role, shift.start, shift."end", shift.user_id, NULL, FALSE
FROM oncall_temporaryshift shift
JOIN oncall_temporaryschedule whole ON whole.id = shift.temporary_id
WHERE whole.schedule_id IN ({wanted}) AND whole.cancelled_at IS NULL
  AND whole.start < %(until)s AND whole."end" > %(since)s
UNION ALL
SELECT 'left', NULL, NULL, '', (
    SELECT entry.at FROM ledger_entry entry
    WHERE entry.verb = %(leaving)s AND entry.subject_type = 'user' AND entry.subject_id = person.id
    ORDER BY entry.id DESC LIMIT 1
  ), NULL, person.id, NULL, FALSE
FROM people_user person
WHERE NOT person.is_active
"""


@dataclass
class _Laid:
    """What lies over the base shifts of one schedule, as it is gathered."""

    overrides: list[Override] = field(default_factory=list)
    temporaries: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    shifts: dict[int, list[TemporaryShift]] = field(default_factory=lambda: defaultdict(list))


class _VersionRow(NamedTuple):
    schedule: int
    effective_from: datetime
    time_zone: str
    holidays: str
    definition: Definition
    retired_at: datetime | None


def rosters(schedule_ids: Iterable[int], *, since: datetime, until: datetime) -> dict[int, Roster]:
    """Everything that decides who is on call in [since, until), by schedule id.

    A person who is not active is nobody from the last `user.deactivated` in the ledger, or, where there is
    none, from `since`.
    """
    wanted = list(schedule_ids)
    if not wanted:
        return {}
    versions = list(_versions(wanted, since=since, until=until))
    laid, left = _laid_over(wanted, since=since, until=until)
    retired = {row.schedule: row.retired_at for row in versions}
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


class _Clock(Func):
    """An instant as a clock in UTC shows it: with its zone, Django takes seven times as long to read it."""

    output_field = DateTimeField()
    template = "%(expressions)s"

    def as_postgresql(
        self, compiler: "SQLCompiler", connection: "BaseDatabaseWrapper"
    ) -> tuple[str, list[Any]]:
        said, given = self.as_sql(compiler, connection, template="%(expressions)s AT TIME ZONE 'UTC'")
        return said, list(given)


SLOT = (
    "role",
    _Clock("start"),
    _Clock("end"),
    "user_id",
    "place",
    "override",
    "sequence",
    _Clock("changed_at"),
    "cancelled_at",
)
"""What `as_slot` reads. A calendar reads hundreds of slots; as rows of Django's they would cost too much."""


def as_slot(columns: Sequence[Any]) -> Slot:
    """A slot as calendars compare it, of the columns of SLOT."""
    role, start, end, user, place, override, sequence, changed_at, cancelled_at = columns
    return Slot(
        role=role,
        start=_instant(start),
        end=_instant(end),
        user=user,
        place=place,
        override=override,
        sequence=sequence,
        changed_at=_instant(changed_at),
        cancelled=cancelled_at is not None,
    )


def _asked(sql: str, wanted: Sequence[int], *, since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    adapt = connection.ops.adapt_datetimefield_value
    given = {"since": adapt(since), "until": adapt(until), "leaving": Verb.USER_DEACTIVATED.value}
    with connection.cursor() as cursor:
        cursor.execute(sql.format(wanted=", ".join([str(int(pk)) for pk in wanted])), given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _instant(stored: Any) -> datetime:
    """PostgreSQL gives instants; SQLite what clocks showed in UTC, sometimes as text."""
    at = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _versions(wanted: Sequence[int], *, since: datetime, until: datetime) -> Iterator[_VersionRow]:
    for schedule, begins, zone, holidays, said, retired in _asked(VERSIONS, wanted, since=since, until=until):
        definition = Definition.from_json(orjson.loads(said))
        retired_at = None if retired is None else _instant(retired)
        yield _VersionRow(schedule, _instant(begins), zone, holidays, definition, retired_at)


def _core_versions(rows: Sequence[_VersionRow]) -> dict[int, list[Version]]:
    holidays = _holidays(
        row.holidays for row in rows if any(layer.turns != "all" for layer in row.definition.layers())
    )
    found: dict[int, list[Version]] = defaultdict(list)
    for row in rows:
        dates = holidays.get(row.holidays, NO_HOLIDAYS)
        found[row.schedule].append(
            Version(row.effective_from, ZoneInfo(row.time_zone), row.definition, dates)
        )
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
    wanted: Sequence[int], *, since: datetime, until: datetime
) -> tuple[dict[int, _Laid], dict[int, datetime]]:
    laid: dict[int, _Laid] = defaultdict(_Laid)
    left: dict[int, datetime] = {}
    rows = _asked(LAID_OVER, wanted, since=since, until=until)
    for what, of, number, role, begins, ends, who, instead, over in rows:
        if what == "left":
            left[who] = _instant(begins or since)
            continue
        start, end = _instant(begins), _instant(ends)
        if what == "temporary":
            laid[of].temporaries[number] = (start, end)
        elif what == "shift":
            laid[of].shifts[number].append(TemporaryShift(role, start, end, who))
        else:
            kind = cast("Kind", what)
            laid[of].overrides.append(Override(role, kind, start, end, who, instead, number, bool(over)))
    return laid, left


def _temporaries(laid: _Laid) -> tuple[Temporary, ...]:
    return tuple(
        Temporary(start, end, tuple(laid.shifts[number])) for number, (start, end) in laid.temporaries.items()
    )
