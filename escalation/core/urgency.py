"""How urgent a severity is for a service at an instant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from escalation.core.incident import Urgency
from oncall.core.walltime import first_instant, last_instant

DEFAULTS = {"SEV-1": "high", "SEV-2": "high", "SEV-3": "support_hours", "SEV-4": "low"}
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


def urgency_of(
    severity: str, *, rules: Mapping[str, str], hours: SupportHours | None, at: datetime
) -> tuple[Urgency, datetime | None]:
    """The urgency, and for one held outside support hours the instant at which they begin.

    Without support hours set, `support_hours` is high: nobody said that it may wait.
    """
    rule = rules.get(severity, DEFAULTS.get(severity, "high"))
    if rule == "low":
        return Urgency.LOW, None
    if rule != "support_hours" or hours is None:
        return Urgency.HIGH, None
    windows = hours.windows_near(at)
    if any(start <= at < end for start, end in windows):
        return Urgency.HIGH, None
    upcoming = [start for start, _ in windows if start > at]
    return (Urgency.LOW, min(upcoming)) if upcoming else (Urgency.HIGH, None)
