"""When somebody is there anyway: weekly windows of wall-clock time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oncall.core.walltime import first_instant, last_instant

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class SupportHours:
    """Weekly windows in local time: `days` name the day a window starts on; an `end` at or before the
    `start` is on the next day. `start` and `end` are "HH:MM".
    """

    days: tuple[str, ...]
    start: str
    end: str
    time_zone: str

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "SupportHours | None":
        """None where a service has no support hours."""
        if not stored:
            return None
        days = stored.get("days", DAYS)
        return cls(
            days=tuple(str(day) for day in days) if isinstance(days, list | tuple) else DAYS,
            start=str(stored["start"]),
            end=str(stored["end"]),
            time_zone=str(stored.get("time_zone", "UTC")),
        )

    def windows_near(self, at: datetime) -> list[tuple[datetime, datetime]]:
        """The windows that begin from a day before `at` to eight days after, as instants in order."""
        zone = ZoneInfo(self.time_zone)
        today = at.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(-1, 9))
        windows = []
        for day in days:
            if DAYS[day.weekday()] in self.days:
                starts = datetime.fromisoformat(f"{day}T{self.start}")
                ends = datetime.fromisoformat(f"{day}T{self.end}")
                ends += timedelta(days=1) if ends <= starts else timedelta(0)
                windows.append((first_instant(starts, zone), last_instant(ends, zone)))
        return windows

    def open_at(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self.windows_near(at))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "days": list(self.days),
            "start": self.start,
            "end": self.end,
            "time_zone": self.time_zone,
        }
