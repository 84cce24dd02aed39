"""An incident of which nothing more is heard may end by itself, and never one that somebody is still owed a
page about.
"""

from datetime import datetime, timedelta

from escalation.core.incident import Parked, State, Status
from escalation.core.policy import Policy

OVER = frozenset({Parked.LOW_URGENCY, Parked.EXHAUSTED})


def may_end(state: State, policy: Policy) -> bool:
    """Somebody is on it; or it pages nobody, and nothing will change that by itself: no step is left, and no
    support hours are waited for. One that is put off looks as if somebody were on it: the caller asks.
    """
    if state.status is Status.TRIGGERED:
        return state.parked in OVER and state.wake_at(policy) is None
    return state.status is Status.ACKNOWLEDGED


def ends_at(state: State, policy: Policy, *, after: timedelta | None, heard: datetime) -> datetime | None:
    """When it ends by itself if the last was heard of it at `heard`; None where it does not."""
    return heard + after if after and may_end(state, policy) else None
