"""Schedules as the database holds them, said in the document's words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch

from oncall.models import Announcement as AnnouncementRow
from oncall.models import Override, Schedule, ScheduleVersion, TemporarySchedule, TemporaryShift
from paging.models import ContactMethod
from watchbill.provisioning.document.schedules import Announcement
from watchbill.provisioning.document.words import DAYS, spell_moment
from watchbill.provisioning.durations import spell
from watchbill.provisioning.settling import moment

Names = Mapping[int, str]


def schedules(names: Names, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Every schedule in use, with the version in force and everything laid over it, past and future."""
    overrides = Override.objects.filter(cancelled_at=None).order_by("start", "end", "role", "kind", "pk")
    shifts = TemporaryShift.objects.order_by("start", "end", "role", "pk")
    temporaries = TemporarySchedule.objects.filter(cancelled_at=None).order_by("start", "pk")
    rows = Schedule.objects.filter(retired_at=None).select_related("team").order_by("pk")
    announcing = _announcing()
    for row in rows.prefetch_related(
        Prefetch("versions", ScheduleVersion.objects.order_by("effective_from")),
        Prefetch("overrides", overrides),
        Prefetch("temporaries", temporaries.prefetch_related(Prefetch("shifts", shifts))),
    ):
        version = in_force(list(row.versions.all()), now)
        if version is not None:
            said = _schedule(row, version, names)
            places = announcing.get(row.pk)
            yield said | {"announcements": [one.model_dump() for one in places]} if places else said


def in_force(versions: list[ScheduleVersion], now: datetime) -> ScheduleVersion | None:
    """The version at `now`; before the first one begins, that. `versions` are in order."""
    begun = [version for version in versions if version.effective_from <= now]
    return begun[-1] if begun else next(iter(versions), None)


def _schedule(row: Schedule, version: ScheduleVersion, names: Names) -> dict[str, Any]:
    zone = version.time_zone
    return {
        "name": row.name,
        "team": row.team and row.team.name,
        "time_zone": zone,
        "holidays": version.holidays,
        "roles": {name: _role(role, names) for name, role in version.definition.get("roles", {}).items()},
        "overrides": [_override(one, zone, names) for one in row.overrides.all() if _lasts(one)],
        "temporary": [_temporary(one, zone, names) for one in row.temporaries.all() if _lasts(one)],
        "handoffs": _handoffs(row),
    }


def _announcing() -> Mapping[int, list[Announcement]]:
    """What each schedule announces, and where."""
    rows = list(AnnouncementRow.objects.filter(retired_at=None).select_related("recipient").order_by("pk"))
    found: dict[int, list[Announcement]] = defaultdict(list)
    for row, said in zip(rows, announced(rows).values(), strict=True):
        found[row.schedule_id].append(said)
    return found


def announced(rows: Iterable[AnnouncementRow]) -> dict[int, Announcement]:
    """Rows in the document's words, by id, in their order; addresses of rooms are said whole."""
    rows = list(rows)
    rooms = ContactMethod.objects.filter(
        kind=ContactMethod.Kind.CHAT, user__in={row.recipient_id for row in rows}
    )
    addresses = dict(rooms.values_list("user", "address")) if rows else {}
    return {row.pk: _announcement(row, addresses.get(row.recipient_id)) for row in rows}


def _announcement(row: AnnouncementRow, address: str | None) -> Announcement:
    days = row.days.split(",") if row.days else None
    return Announcement(
        to=address,
        webhook=None if address else row.recipient.name,
        days=None if days == list(DAYS) else days,
        at=f"{row.at:%H:%M}" if row.at else None,
        on_change=row.on_change,
    )


def _handoffs(row: Schedule) -> dict[str, Any]:
    leads = None if row.reminders is None else [spell(timedelta(seconds=one)) for one in row.reminders]
    return {"reminders": leads, "confirm_within": row.confirm_within and spell(row.confirm_within)}


def _role(role: Mapping[str, Any], names: Names) -> dict[str, Any]:
    if "follows" in role:
        return dict(role)
    return {"layers": [{**layer, "participants": _slots(layer, names)} for layer in role.get("layers", [])]}


def _slots(layer: Mapping[str, Any], names: Names) -> list[Any]:
    return [
        [names[user] for user in slot] if isinstance(slot, list) else slot if slot is None else names[slot]
        for slot in layer.get("participants", [])
    ]


def _override(override: Override, zone: str, names: Names) -> dict[str, Any]:
    return {
        "kind": override.kind,
        "role": override.role,
        **_span(override, zone),
        "instead_of": override.instead_of_id and names[override.instead_of_id],
        "user": names[override.user_id],
        "reason": override.reason,
        "over_temporary": override.over_temporary,
    }


def _temporary(temporary: TemporarySchedule, zone: str, names: Names) -> dict[str, Any]:
    shifts = [
        {"role": shift.role, **_span(shift, zone), "user": names[shift.user_id]}
        for shift in temporary.shifts.all()
    ]
    return {**_span(temporary, zone), "shifts": shifts}


def _lasts(row: Override | TemporarySchedule) -> bool:
    """Whether anything is left in whole seconds: one that was ended as it began is not worth a line."""
    return row.start.replace(microsecond=0) < row.end.replace(microsecond=0)


def _span(row: Override | TemporarySchedule | TemporaryShift, zone: str) -> dict[str, str]:
    """Microseconds (an override that was ended by hand) are cut: a document says whole seconds."""
    return {
        "start": spell_moment(moment(row.start.replace(microsecond=0), zone)),
        "end": spell_moment(moment(row.end.replace(microsecond=0), zone)),
    }
