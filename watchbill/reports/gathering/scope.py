"""Which time a report is about, and how far around it has to be looked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.api.instants import written
from oncall.core.span import Span

A_DAY = timedelta(days=1)
FAR = timedelta(days=90)
"""So long before its end people and shifts are compared."""
BEGUN = timedelta(days=35)
"""A shift that began so long before the report, or longer, is shown from there on."""
LONGEST = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """[since, until), as far as it is over at `now`. `whole`: see LoadReport."""

    since: datetime
    until: datetime
    now: datetime
    whole: bool

    def __post_init__(self) -> None:
        """Raises ValueError with a sentence."""
        if self.since >= self.until:
            raise ValueError(
                f"The end, {written(self.until)}, must come after the start, {written(self.since)}."
            )
        if self.until - self.since > LONGEST:
            raise ValueError("A report is about a year at most; choose a part of that time.")
        if self.since >= self.now:
            raise ValueError(
                f"{written(self.since)} is still to come: nobody has carried anything since then."
            )

    @property
    def within(self) -> Span:
        return Span(self.since, min(self.until, self.now))

    @property
    def begun(self) -> datetime:
        """From when on shifts are shown."""
        return self.since - BEGUN if self.whole else self.since

    @property
    def far(self) -> Span:
        return Span(min(self.begun, self.within.end - FAR), self.within.end)
