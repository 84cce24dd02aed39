"""Sources that must call in, and of which nothing would be noticed tonight."""

from collections.abc import Iterator
from datetime import UTC, datetime

from escalation import selectors
from escalation.core.heartbeat import State, state_of
from escalation.loading import beat_of
from escalation.permissions import LONGEST_MUTE_BY_ANYBODY
from oncall.core.finding import Finding, warning
from watchbill.watch import hearing
from watchbill.watch.overdue import TOO_LATE

MINUTE = "%Y-%m-%d %H:%M"


def heartbeats(now: datetime) -> Iterator[Finding]:
    """One that has never called has an address that nobody uses; a silent one may have been forgotten."""
    for row in selectors.heartbeats():
        state = state_of(beat_of(row), now=now)
        if state is State.WAITING and now >= row.created_at + row.every + row.grace:
            yield warning(
                f"Heartbeat {row} has never called in since {row.created_at.astimezone(UTC):{MINUTE}} UTC: "
                "its silence would not be noticed.",
                "Let its source call the address on the page of its service, or retire it.",
            )
        if state is State.SILENT and row.silent_since is not None:
            yield warning(
                f"Heartbeat {row} has been silent since {row.silent_since.astimezone(UTC):{MINUTE}} UTC.",
                "See what became of its source; one that is gone for good can be retired.",
            )


def muted(now: datetime) -> Iterator[Finding]:
    """Those that stay so for longer than everybody may mute one."""
    for row in selectors.heartbeats():
        if row.muted_until is not None and row.muted_until > now + LONGEST_MUTE_BY_ANYBODY:
            who = f" by {row.muted_by}" if row.muted_by else ""
            yield warning(
                f"Heartbeat {row} is muted{who} until {row.muted_until.astimezone(UTC):{MINUTE}} UTC: "
                "its silence would not be noticed before.",
                "See whether it has to be so long; it is unmuted on the page /heartbeats.",
            )


def web(now: datetime) -> Iterator[Finding]:
    """Only where somebody has to be heard."""
    heard = hearing.heard_until()
    if heard is not None and now - heard > TOO_LATE and selectors.heartbeats().exists():
        yield warning(
            f"No web has listened since {heard.astimezone(UTC):{MINUTE}} UTC: "
            "no heartbeat is missed meanwhile.",
            "Start the web: `make up`.",
        )


CHECKS = (heartbeats, muted, web)
