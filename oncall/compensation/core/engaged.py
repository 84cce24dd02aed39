"""How long a page kept somebody: from its first message to their own last action, or the end of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.compensation.core.callouts import Engagement
from oncall.core.span import Span

LONGEST = timedelta(hours=4)
"""What nobody resolves and nobody touches any more keeps nobody for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A page that left, about one cause. `stopped`: when it was known that no more messages are needed."""

    page: int
    at: datetime
    stopped: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Something the person did about the cause. `hands_on`: it was another's, or nobody's, from then on."""

    at: datetime
    what: str
    hands_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One incident, for one person, each in order of time. `over`: when it was resolved, and by whom."""

    pages: Sequence[Paged]
    acted: Sequence[Acted] = ()
    over: datetime | None = None
    over_by: str = ""


def engagements(cause: Cause) -> list[Engagement]:
    """In order of time. A page that comes while an earlier one still keeps the person belongs to that; one
    that comes later begins another.
    """
    found: list[Engagement] = []
    for paged in cause.pages:
        if found and paged.at <= found[-1].span.end:
            last = found[-1]
            found[-1] = Engagement(span=last.span, pages=(*last.pages, paged.page), ended_by=last.ended_by)
        else:
            end, why = _end(cause, paged)
            found.append(Engagement(span=Span(paged.at, end), pages=(paged.page,), ended_by=why))
    return found


def _end(cause: Cause, first: Paged) -> tuple[datetime, str]:
    """Whoever answers has it in hand until it is resolved, or until they hand it on; a later action of their
    own keeps them longer. Whoever does nothing is free when the paging stops.
    """
    latest = first.at + LONGEST
    acted = [one for one in cause.acted if first.at <= one.at <= latest]
    over = cause.over if cause.over is not None and cause.over >= first.at else None
    if not acted:
        stopped = min((at for at in (first.stopped, over) if at is not None), default=first.at)
        return min(max(stopped, first.at), latest), "paging stopped"
    last = acted[-1]
    if last.hands_on or (over is not None and over <= last.at):
        return last.at, last.what
    if over is None:
        return latest, f"{last.what}; not resolved within {LONGEST // timedelta(hours=1)} h"
    return min(over, latest), cause.over_by or "resolved"
