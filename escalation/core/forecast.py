"""What a trial's alerts would add to a shift, and how sure that is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.core.walltime import first_instant

LOOKED_BACK = timedelta(days=28)
SOON = timedelta(hours=12)
"""Before this a forecast would be a guess."""
ENOUGH = timedelta(days=7)
NINE = time(9)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What a role carries: so many shifts in the last LOOKED_BACK, and in them so many pages; `ahead` is how
    many there are in the same time from now on. `would` are the trial's pages, `budget` is what the team
    wants a shift to have at most.
    """

    role: str
    shifts: float
    pages: int
    ahead: float
    would: int
    budget: int

    def added(self, looked: timedelta) -> float:
        """Pages a shift, if it goes on as in the time `looked` at, which is SOON at least."""
        return self.would * (LOOKED_BACK / looked) / self.ahead

    @property
    def so_far(self) -> float:
        return self.pages / self.shifts

    def is_over(self, looked: timedelta) -> bool:
        return self.so_far + self.added(looked) > self.budget

    def said(self, looked: timedelta) -> str:
        """“primary of Payments: would add 3.2 pages a shift to 1.4 of a budget of 2: over”."""
        verdict = "over" if self.is_over(looked) else "within"
        already = " (over without it)" if self.so_far > self.budget else ""
        return (
            f"{self.role}: would add {number(self.added(looked))} pages a shift to {number(self.so_far)} "
            f"of a budget of {self.budget}: {verdict}{already}"
        )


def shift_length(turns: Iterable[tuple[datetime, datetime]]) -> timedelta | None:
    """How long a shift is that half of the time is spent in: a few hours that somebody covers make it no
    shorter. None: nobody has any.
    """
    lengths = sorted(end - start for start, end in turns)
    left = sum(lengths, timedelta(0)) / 2
    for length in lengths:
        left -= length
        if left <= timedelta(0):
            return length
    return None


def verdict(carried: Sequence[Carried], *, incidents: int, pages: int, looked: timedelta) -> str:
    """A trial's week in a sentence, and what to do."""
    if not incidents:
        return (
            f"It never fired in {span(looked)}: nobody knows yet what it would do. Extend the trial, or let "
            "it page when it must."
        )
    if not pages:
        return "It fired and would have paged nobody: its urgency or its policy keeps it low."
    if looked < SOON:
        return how_sure(looked)
    if any(one.is_over(looked) for one in carried):
        return (
            "Over the budget: make the alert rarer or the budget larger before it pages, or keep it on "
            "record only, by a suppress rule."
        )
    return "Within the budget: it can page." if carried else "No shift of a schedule would have carried it."


def how_sure(looked: timedelta) -> str:
    """What the reader should know of the time that was looked at; empty: it was a week."""
    if looked < SOON:
        return f"After {span(looked)} it is too early to say what that comes to."
    return f"After {span(looked)}; a week says more." if looked < ENOUGH else ""


def span(looked: timedelta) -> str:
    """“14 hours”, “1 day”, “7 days”."""
    if looked < timedelta(hours=1):
        return "less than an hour"
    days, rest = divmod(looked, A_DAY)
    count, unit = (days, "day") if days else (rest // timedelta(hours=1), "hour")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def number(value: float) -> str:
    """One digit; “under 0.1” for what is next to nothing and yet something."""
    return "under 0.1" if 0 < value < 0.05 else f"{value:.1f}"


def next_morning(after: datetime, zone: ZoneInfo) -> datetime:
    """The first 09:00 on that clock after `after`, in UTC."""
    day = after.astimezone(zone).date()
    morning = first_instant(datetime.combine(day, NINE), zone)
    if morning <= after:
        morning = first_instant(datetime.combine(day + A_DAY, NINE), zone)
    return morning.astimezone(UTC)
