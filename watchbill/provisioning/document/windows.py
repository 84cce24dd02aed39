"""Weekly windows of wall-clock time: restrictions, support hours, working hours."""

from typing import ClassVar, Self

from pydantic import model_validator

from watchbill.provisioning.document.words import Clock, ClockOrDay, Days, Part, Zone


class Restriction(Part):
    """`days`, `start` and `end` (an end at or before the start is on the next day), or
    `start: "fri 18:00", end: "mon 09:00"` across days.
    """

    SHOWN: ClassVar[frozenset[str]] = frozenset({"start", "end"})

    days: Days | None = None
    start: ClockOrDay = "00:00"
    end: ClockOrDay = "00:00"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        spans = [" " in self.start, " " in self.end]
        if self.days is not None and any(spans):
            raise ValueError("names days twice; write days with plain times, or “fri 18:00” without days.")
        if self.days is None and not all(spans):
            raise ValueError("names no day; write days: [mon, tue], or a start and end such as “fri 18:00”.")
        if self.days is None and self.start == self.end:
            raise ValueError("is empty: it ends when it starts.")
        return self


class Hours(Part):
    """The same hours on some days."""

    SHOWN: ClassVar[frozenset[str]] = frozenset({"start", "end"})

    days: Days
    start: Clock = "00:00"
    end: Clock = "00:00"


class ZonedHours(Hours):
    """Without a zone, in the team's."""

    time_zone: Zone | None = None
