"""What a follower hears of, when an event that was not taken is posted again, and when its server rests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

EVENTS = {
    "incident.triggered": "it was opened",
    "incident.raised": "its severity or urgency rose",
    "incident.held": "it pages nobody yet",
    "incident.quieted": "something keeps it from paging",
    "incident.quiet_over": "it pages again",
    "incident.acknowledged": "somebody is on it",
    "incident.acknowledgement_counted": "one of several who are wanted is on it",
    "incident.unacknowledged": "nobody is on it any more",
    "incident.acknowledgement_expired": "the acknowledgement ran out",
    "incident.snoozed": "it was put off",
    "incident.escalated": "somebody asked for the next step",
    "incident.reassigned": "other people are asked",
    "incident.responders_added": "more people are asked",
    "incident.unreachable": "somebody could not be reached",
    "incident.exhausted": "no step is left",
    "incident.merged": "it goes on in another, or another goes on in it",
    "incident.note": "somebody wrote a note; its text is sent",
    "incident.labelled": "somebody said whether there was anything to do",
    "incident.resolved": "it is over",
    "alert.joined": "one more alert belongs to it",
    "page.created": "somebody is paged: a step ran",
}
"""The lines of a timeline that are events, by their verbs, and what happened then."""

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 2 * 3_600, 6 * 3_600, 12 * 3_600)
)
SPREAD = 0.2
LONGEST_ASKED = timedelta(hours=1)
"""For so long at most does a server put us off (`Retry-After`)."""

PATIENCE = 3
"""After so many tries in a row that its server did not take, one event at a time is tried, and seldom."""
RESTS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))
GIVEN_UP_AFTER = timedelta(days=3)
NOT_ASKED = timedelta(days=1)
"""Of a server that was not asked for so long, nobody knows that it failed meanwhile."""

OK = range(200, 300)
GONE = 410


@dataclass(frozen=True, kw_only=True)
class Follows:
    """Which incidents, by the ids of services and teams, and which events (none named: all)."""

    everything: bool = False
    teams: frozenset[int] = frozenset()
    services: frozenset[int] = frozenset()
    events: frozenset[str] = frozenset()

    @property
    def anything(self) -> bool:
        return self.everything or bool(self.teams or self.services)

    def hears(self, event: str, *, service: int, team: int | None) -> bool:
        of_these = self.everything or service in self.services or team in self.teams
        return of_these and (not self.events or event in self.events)


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a server does: tries in a row that it did not take, since when, the last one, and until when it is
    left alone.
    """

    fails: int = 0
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    rest_until: datetime | None = None

    @property
    def is_failing(self) -> bool:
        return self.fails >= PATIENCE


def next_try(*, attempts: int, spread: float) -> timedelta | None:
    """How long to wait after `attempts` tries that were not taken; None: given up. `spread`, from 0 to 1,
    lengthens it by up to a fifth, so that what failed together does not come back together.
    """
    if not 1 <= attempts <= len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 + SPREAD * spread)


def put_off(retry_after: str) -> timedelta:
    """What a server asks for, in seconds (RFC 9110; its form as a date is passed over); at most
    LONGEST_ASKED.
    """
    if not (retry_after.isascii() and retry_after.isdecimal() and len(retry_after) <= 9):
        return timedelta(0)
    return min(timedelta(seconds=int(retry_after)), LONGEST_ASKED)


def after_failure(before: Health, *, asked: timedelta, now: datetime) -> Health:
    """`asked`: for so long it wants to be left alone; none is no time."""
    asked_lately = before.failed_at is not None and now - before.failed_at <= NOT_ASKED
    since = before.failing_since if before.failing_since and asked_lately else now
    fails = before.fails + 1
    rest = RESTS[min(fails - PATIENCE, len(RESTS) - 1)] if fails >= PATIENCE else timedelta(0)
    rest = max(rest, asked)
    return Health(fails=fails, failing_since=since, failed_at=now, rest_until=now + rest if rest else None)


def is_given_up(health: Health, *, now: datetime) -> bool:
    """It failed for all of three days, and was asked at least once in each."""
    return health.failing_since is not None and now - health.failing_since >= GIVEN_UP_AFTER


def faults_of(events: Sequence[str]) -> list[str]:
    """What is no event, as sentences."""
    unknown = [event for event in events if event not in EVENTS]
    return [f"“{event[:60]}” is no event; write some of {', '.join(EVENTS)}." for event in unknown[:1]]
