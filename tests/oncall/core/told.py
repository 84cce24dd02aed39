"""Short words for the cases: a zone's wall time, a layer, a roster of one version, shifts as rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from oncall.core.definition import Definition
from oncall.core.final import Roster, Shift, Version, shifts
from oncall.core.override import Override, Temporary
from oncall.core.rotation import Holidays

SINCE_EVER = datetime(1990, 1, 1, tzinfo=UTC)
A, B, C, D = 1, 2, 3, 4
NAMES = {A: "A", B: "B", C: "C", D: "D", None: "-"}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(text: str, zone: str) -> datetime:
    """The first instant at which clocks in `zone` show `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def layer(participants: Sequence[Any], start: str, shift_length: str = "1w", **more: Any) -> dict[str, Any]:
    return {"name": "L", "participants": participants, "start": start, "shift_length": shift_length} | more


def definition(*layers: dict[str, Any], **roles: Any) -> Definition:
    named = [one | {"name": f"{one['name']}{n}"} for n, one in enumerate(layers, 1)]
    return Definition.from_json({"roles": {"primary": {"layers": named}} | roles})


def roster(
    *layers: dict[str, Any],
    zone: str | tzinfo = "UTC",
    holidays: Sequence[date] = (),
    overrides: Sequence[Override] = (),
    temporaries: Sequence[Temporary] = (),
    deactivated: Mapping[int, datetime] | None = None,
    **roles: Any,
) -> Roster:
    clock = ZoneInfo(zone) if isinstance(zone, str) else zone
    version = Version(SINCE_EVER, clock, definition(*layers, **roles), Holidays.of(holidays))
    return Roster((version,), tuple(overrides), tuple(temporaries), deactivated or {})


def told(found: Sequence[Shift], zone: str = "UTC") -> list[str]:
    """“A 03-02 20:00 - 03-03 04:00 cover”, in `zone`."""
    there = ZoneInfo(zone)
    return [
        f"{NAMES[one.user]} {one.start.astimezone(there):%m-%d %H:%M} - "
        f"{one.end.astimezone(there):%m-%d %H:%M} {one.override}".strip()
        for one in found
    ]


def final(plan: Roster, since: str, until: str, zone: str = "UTC", **more: Any) -> list[str]:
    return told(shifts(plan, at(since, zone), at(until, zone), **more), zone)
