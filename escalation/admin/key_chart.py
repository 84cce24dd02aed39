"""Sixty minutes of a routing key, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from escalation.selectors.senders import Minute

WIDTH, HEIGHT, STEP = 600, 80, 10
CLOCK = "%H:%M"


@dataclass(frozen=True)
class Bar:
    """Of one minute, in the units of the picture: what was taken in stands below, what was refused above."""

    x: int
    events: float
    refused: float
    title: str

    @property
    def events_y(self) -> float:
        return HEIGHT - self.events

    @property
    def refused_y(self) -> float:
        return HEIGHT - self.events - self.refused


@dataclass(frozen=True)
class Chart:
    """`top` is what the height stands for; `said` says in words what it shows, `lines` minute by minute."""

    bars: Sequence[Bar]
    top: int
    limit_y: float | None
    said: str
    lines: Sequence[Minute]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def top_said(self) -> str:
        return f"{self.top:,}"


def chart(minutes: Sequence[Minute], *, limit: int) -> Chart:
    """The limit is drawn where it is not far above what came. A minute that held anything shows a bar."""
    top = max((one.events + one.refused for one in minutes), default=0)
    near = 0 < limit <= 2 * top
    top = max(top, limit if near else 1)
    bars = [
        Bar(number * STEP, _height(one.events, top), _height(one.refused, top), _title(one))
        for number, one in enumerate(minutes)
    ]
    busy = [one for one in minutes if one.events or one.refused]
    return Chart(bars, top, HEIGHT * (1 - limit / top) if near else None, _said(minutes), busy[::-1])


def _height(count: int, top: int) -> float:
    return round(max(1.5, HEIGHT * count / top), 1) if count else 0


def _title(one: Minute) -> str:
    refused = f", {one.refused:,} refused" if one.refused else ""
    return f"{one.at:{CLOCK}} UTC: {one.events:,} events{refused}"


def _said(minutes: Sequence[Minute]) -> str:
    events, refused = sum(one.events for one in minutes), sum(one.refused for one in minutes)
    if not events and not refused:
        return "Nothing came within the last 60 minutes."
    most = max(minutes, key=lambda one: one.events + one.refused)
    return (
        f"Within the last 60 minutes {events:,} events came and {refused:,} posts were refused; the most "
        f"at {most.at:{CLOCK}} UTC: {most.events:,} events, {most.refused:,} refused."
    )
