"""What a sender has sent by its key lately, in numbers and in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation.core.spoken import about

MINUTE = timedelta(minutes=1)
QUIET_AFTER = timedelta(hours=24)
"""Whoever sent something, and nothing for so long, may have stopped by mistake."""
NEAR = 80
"""Percent of a limit from which on it is worth a word."""


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Events that were taken in, and posts that were refused. `minute` is the rate that the limit is held
    against (escalation.core.rate); `hour` and `day` end now.
    """

    last_event_at: datetime | None = None
    minute: int = 0
    hour: int = 0
    day: int = 0
    refused_hour: int = 0
    refused_day: int = 0

    def last(self, now: datetime) -> str:
        """“3 min ago”, or “never”."""
        return "never" if self.last_event_at is None else f"{about(now - self.last_event_at)} ago"

    def line(self, now: datetime) -> str:
        """“last event 3 min ago, 12 an hour, 2 refused”."""
        if self.last_event_at is None and not self.refused_day:
            return "nothing has come by it yet"
        last = "no event yet" if self.last_event_at is None else f"last event {self.last(now)}"
        return f"{last}, {self.hour:,} an hour, {self.refused_hour:,} refused"

    def is_quiet(self, now: datetime) -> bool:
        return self.last_event_at is not None and now - self.last_event_at >= QUIET_AFTER

    @property
    def is_all_refused(self) -> bool:
        """Whether something came within the last hour, and nothing of it was taken in."""
        return self.refused_hour > 0 and self.hour == 0


def limit_of(own: int | None, *, site: int) -> int:
    """What a key takes within a minute: its own limit, or the site's. 0 is none."""
    return site if own is None else own


def part(events: int, limit: int) -> int:
    """How much of a limit that is, in percent. A limit of 0 is none."""
    return round(100 * events / limit) if limit else 0


def hints(sent: Sending, *, limit: int, now: datetime) -> list[str]:
    """What somebody should look at. `limit` is what the key takes within a minute, 0 for whatever comes."""
    found = []
    if sent.is_all_refused:
        found.append(
            f"All that came by it within the last hour was refused, {sent.refused_hour:,} posts: it pages "
            "nobody."
        )
    if sent.is_quiet(now):
        found.append(
            f"Nothing has come by it for {sent.last(now).removesuffix(' ago')}. Let a sender that has to be "
            "heard of also when all is well call a heartbeat (docs/heartbeats.md)."
        )
    if part(sent.minute, limit) >= NEAR:
        found.append(
            f"The last minute held {sent.minute:,} events, {part(sent.minute, limit)} % of its limit of "
            f"{limit:,}: what is more is refused."
        )
    return found
