"""How long a turn lasts, in units of the wall clock: 12 hours, 1 day, 2 weeks, 1 month."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

Unit = Literal["hours", "days", "weeks", "months"]

TEN_YEARS: dict[Unit, int] = {"hours": 87_840, "days": 3_660, "weeks": 522, "months": 120}
STEP = {"hours": timedelta(hours=1), "days": timedelta(days=1), "weeks": timedelta(weeks=1)}
UNITS: dict[str, Unit] = {
    **dict.fromkeys(("h", "hour", "hours"), "hours"),
    **dict.fromkeys(("d", "day", "days"), "days"),
    **dict.fromkeys(("w", "week", "weeks"), "weeks"),
    **dict.fromkeys(("mo", "month", "months"), "months"),
}
WRITTEN = re.compile(r"(\d{1,6})\s*([a-z]+)", re.IGNORECASE)
ISO_DATE = re.compile(r"P(\d{1,6})([DWM])", re.IGNORECASE)
ISO_TIME = re.compile(r"PT(\d{1,6})(H)", re.IGNORECASE)
ISO_UNITS: dict[str, Unit] = {"H": "hours", "D": "days", "W": "weeks", "M": "months"}


@dataclass(frozen=True, slots=True)
class Length:
    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit.removesuffix('s') if self.count == 1 else self.unit}"

    @classmethod
    def parse(cls, text: str) -> "Length":
        """Read `1w`, `12h`, `1 day`, `2 months`, `P1W` or `PT12H`.

        Raises ValueError with a sentence for anything else, for nothing at all, and past ten years.
        """
        found = _match(text.strip())
        if found is None:
            raise ValueError(f"“{text}” is not a shift length; write 12h, 1d, 1w or 1 month.")
        count, unit = found
        if not 1 <= count <= TEN_YEARS[unit]:
            raise ValueError(f"“{text}” must be from 1 to {TEN_YEARS[unit]} {unit}.")
        return cls(count, unit)

    def after(self, anchor: datetime, turns: int) -> datetime:
        """The wall time `turns` lengths after `anchor`; months clamp to their last day, from the anchor."""
        if self.unit == "months":
            return add_months(anchor, self.count * turns)
        return anchor + STEP[self.unit] * (self.count * turns)

    def estimate(self, anchor: datetime, wall: datetime) -> int:
        """How many lengths lie between two wall times; for months at most one too many."""
        if self.unit == "months":
            return ((wall.year - anchor.year) * 12 + wall.month - anchor.month) // self.count
        return (wall - anchor) // (STEP[self.unit] * self.count)


def add_months(wall: datetime, months: int) -> datetime:
    """`wall` that many months on; the 31st becomes the last day of a shorter month."""
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    following = datetime(year + month // 11, (month + 1) % 12 + 1, 1)  # noqa: DTZ001 - a calendar day
    return wall.replace(year=year, month=month + 1, day=min(wall.day, (following - timedelta(days=1)).day))


def _match(text: str) -> tuple[int, Unit] | None:
    iso = ISO_DATE.fullmatch(text) or ISO_TIME.fullmatch(text)
    if iso:
        return int(iso[1]), ISO_UNITS[iso[2].upper()]
    written = WRITTEN.fullmatch(text)
    unit = UNITS.get(written[2].lower()) if written else None
    return (int(cast("re.Match[str]", written)[1]), unit) if unit else None
