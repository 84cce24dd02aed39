"""Schedules and their versions. History never changes: an edit appends a version, now or later."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from oncall.actions.announcing import cause_of
from oncall.actions.holidays import YEARS_AHEAD, ensure_holidays
from oncall.actions.refusal import Overtaken, Refused, text
from oncall.actions.spans import changed, locked
from oncall.core.definition import Definition
from oncall.core.walltime import first_instant
from oncall.models import Participation, Schedule, ScheduleVersion
from paging.actions.pages import stop
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Team, User
from people.zones import zone_names


def create_schedule(  # noqa: PLR0913 - the words of one request
    *,
    name: str,
    team: Team | None,
    time_zone: str,
    holidays: str,
    definition: Definition,
    by: Actor,
    now: datetime,
) -> Schedule:
    """A schedule, as if it had always been there: since its earliest layer started, or `now`.

    Raises Refused for a name that is taken or is not one line, an unknown zone, holiday calendar or person, a
    participant who is not in the team (of a team that has members), and a layer of nobody.
    """
    name = text(name, what="name", limit=100)
    if not name:
        raise Refused("A schedule needs a name.")
    if len(name.splitlines()) > 1 or any(ord(letter) < 32 for letter in name):
        raise Refused("The name has a line break in it; write it in one line.")
    zone = _zone(time_zone)
    _check_written(definition)
    effective_from = min([now, *(first_instant(layer.start, zone) for layer in definition.layers())])
    with transaction.atomic():
        schedule = _named(name, team)
        _check_in_team(schedule, definition.users())
        version = ScheduleVersion(schedule=schedule, effective_from=effective_from)
        _write(version, time_zone, holidays, definition, by=by, now=now)
        changed(schedule, now=now)
        _record(Verb.SCHEDULE_CREATED, schedule, f"Schedule {name} created", version, by=by, now=now)
    return schedule


def new_version(  # noqa: PLR0913 - the words of one request
    *,
    schedule: Schedule,
    time_zone: str,
    holidays: str,
    definition: Definition,
    by: Actor,
    now: datetime,
    effective_from: datetime | None = None,
    based_on: int | None = None,
) -> ScheduleVersion | None:
    """What the schedule says from `effective_from` (default: `now`) on; None when it says that already.

    A version at the same instant that has not begun is replaced; one that begins later still does. Raises
    Refused for an instant in the past, an unknown zone, holiday calendar or person, a retired schedule, a
    layer of nobody, and a participant who is not in the team and was not in the version in force. `based_on`
    is the id of the newest version that the editor has seen; Overtaken where that is another one by now.
    """
    begins = effective_from or now
    if begins < now:
        raise Refused(
            f"A version cannot begin in the past ({begins:%Y-%m-%d %H:%M} UTC): who was on call then stays. "
            "Let it begin now or later."
        )
    _zone(time_zone)
    with transaction.atomic():
        schedule = locked(schedule)
        _check_seen(schedule, based_on)
        latest = _in_force(schedule, begins)
        if latest is not None and _says(latest, time_zone, holidays, definition):
            return None
        _check_written(definition)
        _check_in_team(schedule, definition.users() - _participants(latest))
        version = _beginning(schedule, begins, latest)
        _write(version, time_zone, holidays, definition, by=by, now=now)
        changed(schedule, now=now)
        what = f"Schedule {schedule.name} changed from {begins:%Y-%m-%d %H:%M} UTC on"
        _record(Verb.SCHEDULE_VERSIONED, schedule, what, version, by=by, now=now)
    return version


def retire_schedule(*, schedule: Schedule, by: Actor, now: datetime) -> Schedule:
    """From `now` on nobody is on call on it; what was carried stays. Raises Refused when it is retired.

    1. Its last version says nothing, so that the time until it may be brought back stays nobody's.
    2. Versions that have not begun are dropped.
    3. What lies over it is ended, or cancelled where it has not begun.
    4. It announces nothing any more.
    """
    with transaction.atomic():
        row = locked(schedule)
        row.versions.filter(effective_from__gt=now).delete()
        latest = _in_force(row, now)
        if latest is not None:
            version = _beginning(row, now, latest)
            _write(version, latest.time_zone, latest.holidays, Definition(), by=by, now=now)
        for laid_over in (row.overrides, row.temporaries):
            laid_over.filter(cancelled_at=None, start__gte=now).update(cancelled_at=now)
            laid_over.filter(cancelled_at=None, start__lt=now, end__gt=now).update(end=now)
        for announcement in row.announcements.filter(retired_at=None):
            stop(cause=cause_of(announcement), reason="the schedule was retired", now=now)
        row.announcements.filter(retired_at=None).update(retired_at=now)
        row.retired_at = now
        row.save(update_fields=["retired_at"])
        changed(row, now=now)
        line = Line(Verb.SCHEDULE_RETIRED, ("schedule", row.pk), by, f"Schedule {row.name} retired")
        record([line], now=now)
    return row


def _named(name: str, team: Team | None) -> Schedule:
    try:
        with transaction.atomic():
            return Schedule.objects.create(name=name, team=team)
    except IntegrityError:
        raise Refused(f"There is a schedule named “{name}” already; choose another name.") from None


def _zone(name: str) -> ZoneInfo:
    if name not in zone_names():
        raise Refused(f"“{name}” is not a time zone; write a name such as Europe/Berlin.")
    return ZoneInfo(name)


def _in_force(schedule: Schedule, at: datetime) -> ScheduleVersion | None:
    return schedule.versions.filter(effective_from__lte=at).order_by("-effective_from").first()


def _beginning(schedule: Schedule, at: datetime, latest: ScheduleVersion | None) -> ScheduleVersion:
    """The version to write, a new row, so that who has seen the one it replaces has not seen this one."""
    if latest is not None and latest.effective_from == at:
        ScheduleVersion.objects.filter(pk=latest.pk).delete()
    return ScheduleVersion(schedule=schedule, effective_from=at)


def _check_seen(schedule: Schedule, based_on: int | None) -> None:
    """Holding the schedule's lock proves that no other version appears between this look and the write."""
    latest = schedule.versions.select_related("created_by").order_by("-pk").first()
    if based_on is None or latest is None or latest.pk == based_on:
        return
    who = f" by {latest.created_by}" if latest.created_by else ""
    at = latest.created_at.astimezone(UTC)
    raise Overtaken(
        f"{schedule.name} was changed{who} at {at:%Y-%m-%d %H:%M} UTC, after you opened it; look at what it "
        "says now and make your change again."
    )


def _check_written(definition: Definition) -> None:
    sentences = [fault.message for fault in definition.faults_of_writing()]
    if sentences:
        raise Refused(" ".join(sentences))


def _participants(version: ScheduleVersion | None) -> set[int]:
    return set() if version is None else set(version.participants.values_list("pk", flat=True))


def _check_in_team(schedule: Schedule, people: Iterable[int]) -> None:
    """A team without members takes anybody, and so does a schedule without a team."""
    team = schedule.team
    members = set(team.memberships.values_list("user", flat=True)) if team else set()
    strangers = User.objects.filter(pk__in=set(people) - members).order_by("username")
    if team and members and strangers:
        names = ", ".join(one.username for one in strangers)
        raise Refused(
            f"Not in team {team.name}, whose schedule this is: {names}; make them members first, or name "
            "people of the team."
        )


def version_refusals(
    *, schedule: Schedule, time_zone: str, holidays: str, definition: Definition, at: datetime
) -> Iterator[str]:
    """What `create_schedule` and `new_version` would refuse of the people in a definition from `at` on, a
    sentence each. Writes nothing; `schedule` may be one that is not saved.
    """
    latest = _in_force(schedule, at) if schedule.pk else None
    if latest is not None and _says(latest, time_zone, holidays, definition):
        return
    yield from (fault.message for fault in definition.faults_of_writing())
    try:
        _check_in_team(schedule, definition.users() - _participants(latest))
    except Refused as refusal:
        yield str(refusal)


def _says(version: ScheduleVersion, time_zone: str, holidays: str, definition: Definition) -> bool:
    said = (version.time_zone, version.holidays, Definition.from_json(version.definition))
    return said == (time_zone, holidays, definition)


def _write(
    version: ScheduleVersion,
    time_zone: str,
    holidays: str,
    definition: Definition,
    *,
    by: Actor,
    now: datetime,
) -> None:
    version.time_zone, version.holidays = time_zone, holidays
    version.definition = definition.to_json()
    version.created_at, version.created_by = now, by.user
    people = _people(definition)
    ensure_holidays(holidays, _years(definition, version.effective_from, now))
    version.save()
    Participation.objects.filter(version=version).delete()
    Participation.objects.bulk_create(Participation(version=version, user_id=user) for user in people)


def _people(definition: Definition) -> list[int]:
    named = definition.users()
    known = set(User.objects.filter(pk__in=named).values_list("pk", flat=True))
    if named - known:
        raise Refused(f"There is no person {min(named - known)}; name people who exist.")
    return sorted(named)


def _years(definition: Definition, effective_from: datetime, now: datetime) -> range:
    """Holidays are counted from a layer's anchor on, which may be long before the version."""
    first = min([effective_from.year, now.year, *(layer.start.year for layer in definition.layers())])
    return range(first, max(effective_from.year, now.year) + YEARS_AHEAD + 1)


def _record(
    verb: Verb, schedule: Schedule, what: str, version: ScheduleVersion, *, by: Actor, now: datetime
) -> None:
    data = {
        "version": version.pk,
        "effective_from": version.effective_from.isoformat(),
        "time_zone": version.time_zone,
        "holidays": version.holidays,
        "definition": version.definition,
    }
    record([Line(verb, ("schedule", schedule.pk), by, what, data=data)], now=now)


def set_team(*, schedule: Schedule, team: Team | None, by: Actor, now: datetime) -> None:
    """Make it the team's. Writes nothing when it is already."""
    if schedule.team == team:
        return
    changed = {"team": [schedule.team and schedule.team.name, team and team.name]}
    schedule.team = team
    schedule.save(update_fields=["team"])
    what = f"Schedule {schedule.name} is {team.name}'s" if team else f"Schedule {schedule.name} is no team's"
    record([Line(Verb.SCHEDULE_CHANGED, ("schedule", schedule.pk), by, what, data=changed)], now=now)


def bring_back(*, schedule: Schedule, by: Actor, now: datetime) -> None:
    """Take a retired schedule into use again. Its last version says nobody, so a new one has to follow."""
    if schedule.retired_at is None:
        return
    schedule.retired_at = None
    schedule.save(update_fields=["retired_at"])
    changed(schedule, now=now)
    what = f"Schedule {schedule.name} brought back"
    record([Line(Verb.SCHEDULE_CHANGED, ("schedule", schedule.pk), by, what)], now=now)
