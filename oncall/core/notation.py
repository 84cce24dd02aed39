"""The written form of a layer, in the words of the organisation's document; and back."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any, Literal

from oncall.core.faults import Gathering, Path, unknown
from oncall.core.layer import WEEK, Layer
from oncall.core.length import Length
from oncall.core.restriction import DAYS, Restriction

MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a wall time; where turns are counted from when nothing is written
CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
LAYER_KEYS = ("name", "participants", "start", "shift_length", "turns", "restrictions", "end")
FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_layer(written: Any, path: Path, zone: tzinfo | None, into: Gathering) -> Layer:
    layer = into.mapping(written, path, LAYER_KEYS)
    start = _wall(layer.get("start"), (*path, "start"), zone, into) or MONDAY
    end = _wall(layer.get("end"), (*path, "end"), zone, into)
    if end is not None and end <= start:
        into.fault((*path, "end"), f"The layer ends at {end:%Y-%m-%d %H:%M}, before it starts.")
    restrictions = into.sequence(layer.get("restrictions") or [], (*path, "restrictions"))
    turns = _turns(layer.get("turns", "all"), (*path, "turns"), into)
    return Layer(
        name=_name(layer.get("name"), (*path, "name"), into),
        participants=_slots(layer.get("participants", []), (*path, "participants"), into),
        start=start,
        shift_length=_length(layer.get("shift_length"), turns, (*path, "shift_length"), into),
        turns=turns,
        restrictions=tuple(
            read_window(one, (*path, "restrictions", n), into) for n, one in enumerate(restrictions)
        ),
        end=end,
    )


def write_layer(layer: Layer) -> dict[str, Any]:
    """What `read_layer` reads; what stands at its default is left out, but for the slots and the start."""
    written: dict[str, Any] = {
        "name": layer.name,
        "participants": [list(slot) for slot in layer.participants],
        "start": layer.start.isoformat(timespec="auto" if layer.start.second else "minutes"),
        "shift_length": str(layer.shift_length),
    }
    if layer.turns != "all":
        written["turns"] = layer.turns
    if layer.restrictions:
        written["restrictions"] = [write_window(one) for one in layer.restrictions]
    if layer.end:
        written["end"] = layer.end.isoformat(timespec="auto" if layer.end.second else "minutes")
    return written


def write_window(one: Restriction) -> dict[str, Any]:
    start, end = f"{one.start:%H:%M}", f"{one.end:%H:%M}"
    if one.until is None:
        return {"days": [DAYS[day] for day in one.days], "start": start, "end": end}
    return {"start": f"{DAYS[one.days[0]]} {start}", "end": f"{DAYS[one.until]} {end}"}


def _name(value: Any, path: Path, into: Gathering) -> str:
    if isinstance(value, str) and 0 < len(value) <= 100:
        return value
    into.fault(path, "A layer needs a name of at most 100 characters.")
    return ""


def _slots(value: Any, path: Path, into: Gathering) -> tuple[tuple[int, ...], ...]:
    return tuple(_slot(slot, (*path, n), into) for n, slot in enumerate(into.sequence(value, path)))


def _slot(value: Any, path: Path, into: Gathering) -> tuple[int, ...]:
    people = value if isinstance(value, list | tuple) else [] if value is None else [value]
    for person in people:
        if not isinstance(person, int) or isinstance(person, bool):
            into.fault(path, f"{person!r} is not a person; write one, a list of several, or null for nobody.")
    return tuple(dict.fromkeys(person for person in people if isinstance(person, int)))


def _turns(value: Any, path: Path, into: Gathering) -> Literal["all", "worked_days"]:
    if value == "worked_days":
        return "worked_days"
    if value != "all":
        into.fault(path, unknown("way of counting turns", str(value), ("all", "worked_days")))
    return "all"


def _length(value: Any, turns: str, path: Path, into: Gathering) -> Length:
    try:
        length = (
            Length.parse(str(value))
            if value is not None
            else Length(1, "days" if turns != "all" else "weeks")
        )
    except ValueError as fault:
        into.fault(path, str(fault))
        return WEEK
    if turns == "worked_days" and length.unit != "days":
        into.fault(path, f"Worked days are counted in days, and “{value}” is not; write 1 day, or 5 days.")
    return length


def _wall(value: Any, path: Path, zone: tzinfo | None, into: Gathering) -> datetime | None:
    try:
        wall = _moment(value)
    except ValueError:
        into.fault(path, f"“{value}” is not a time; write 2025-01-06T10:00.")
        return None
    if wall is None or wall.tzinfo is None:
        return wall
    if zone is None:
        into.fault(path, f"“{value}” has an offset; write the schedule's own wall-clock time without one.")
        return None
    return wall.astimezone(zone).replace(tzinfo=None, fold=0)


def _moment(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return datetime.fromisoformat(str(value).strip())


def read_window(written: Any, path: Path, into: Gathering) -> Restriction:
    """A weekly window: `days` with `start` and `end`, or a day in both of these."""
    one = into.mapping(written, path, ("days", "start", "end"))
    if "days" in one:
        return _daily(one, path, into)
    first, start = _day_and_clock(one.get("start"), (*path, "start"), into)
    until, end = _day_and_clock(one.get("end"), (*path, "end"), into)
    if (first, start) == (until, end) and not into.faults:
        into.fault(path, "The window is empty; for the whole week, write no restriction.")
    return Restriction((first,), start, end, until)


def _daily(one: Mapping[str, Any], path: Path, into: Gathering) -> Restriction:
    days = [
        _day(day, (*path, "days", n), into)
        for n, day in enumerate(into.sequence(one["days"], (*path, "days")))
    ]
    if not days:
        into.fault((*path, "days"), "A window needs a day; write days: [mon, tue, wed, thu, fri].")
    start = _clock(one.get("start", "00:00"), (*path, "start"), into)
    end = _clock(one.get("end", "24:00"), (*path, "end"), into)
    return Restriction(tuple(sorted(set(days))), start, end)


def _day_and_clock(value: Any, path: Path, into: Gathering) -> tuple[int, time]:
    day, _, clock = str(value or "").strip().partition(" ")
    if not clock:
        into.fault(path, 'Write days: [mon, tue] beside the times, or a day in both, such as "fri 18:00".')
        return 0, time()
    return _day(day, path, into), _clock(clock.strip(), path, into)


def _day(value: Any, path: Path, into: Gathering) -> int:
    day = str(value).strip().lower()
    for names in (DAYS, FULL_DAYS):
        if day in names:
            return names.index(day)
    into.fault(path, unknown("day", str(value), DAYS))
    return 0


def _clock(value: Any, path: Path, into: Gathering) -> time:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0, tzinfo=None)
    found = CLOCK.fullmatch(str(value).strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        into.fault(path, f"“{value}” is not a time of day; write 09:00.")
        return time()
    return time(hour, minute)
