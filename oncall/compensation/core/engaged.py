"""How long a page kept somebody: from its first message to their own last action, or the end of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from oncall.compensation.core.callouts import Engagement
from oncall.core.span import Span

STOPPED = "paging stopped"
LISTENING = timedelta(minutes=10)
"""Whoever does not answer is kept until the paging stops, and for no longer than this after what disturbed
them last: nobody is paid for sleeping through the rest of the night.
"""
AFTERWARDS = timedelta(minutes=30)
"""What somebody does about it so soon after the end of it goes on with it; later than that, a note is the
next morning's work, and an answer begins another engagement.
"""
UNANSWERED = timedelta(hours=4)
"""What they do first about a page that nobody has answered yet reaches back to it from as far as this."""
RAN_OUT = timedelta(hours=1)
"""Whose acknowledgement ran out was at it all the time, where they show it again within this."""


class Did(IntEnum):
    """What an act does to whom it keeps. The order is that of acts at one instant."""

    WROTE = 1  # worked on it: a note, responders added, merged
    TOOK = 2  # answered for it: theirs until it is over or passes on
    PASSED = 3  # their own: it is another's from then on, or nobody's


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A page that left, about one cause: its messages from `at` to `last`. `stopped`: when it was known that
    no more of them are needed.
    """

    page: int
    at: datetime
    last: datetime
    stopped: datetime | None

    @property
    def heard_until(self) -> datetime:
        quiet = self.last + LISTENING
        return max(self.at, quiet if self.stopped is None else min(self.stopped, quiet))


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Something the person did about the cause. `what` is for people (“acknowledged”)."""

    at: datetime
    what: str
    did: Did


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """Nobody has it in hand from then on: it was resolved, put off, given to others, or (`ran_out`) nobody
    had said for too long that they are on it. `why` is for people (“resolved by Ana”).
    """

    at: datetime
    why: str
    ran_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What happened about one incident, and those it went on as, for one person. In any order."""

    pages: Sequence[Paged]
    acted: Sequence[Acted] = ()
    freed: Sequence[Freed] = ()


@dataclass(slots=True)
class _Kept:
    """An engagement while it is told. `holds`: they have it in hand, so that its end is not known yet.
    `ran_out`: their acknowledgement did, and nothing has been heard of them or of its end since.
    """

    start: datetime
    end: datetime
    pages: list[Paged]
    why: str
    answered: bool = False
    holds: bool = False
    ran_out: bool = False

    def open_until(self, at: datetime) -> datetime:
        """Until when what they do goes on with it, as it stood at `at`."""
        waits = all(one.stopped is None or one.stopped >= at for one in self.pages)
        late = self.start + UNANSWERED if waits and not self.answered else self.end
        return max(late, self.end + AFTERWARDS)


def engagements(cause: Cause, *, now: datetime) -> list[Engagement]:
    """In order of time. What somebody still has in hand lasts until `now`: how much of it is paid is a matter
    of the plan (`CallOuts.longest`).

    A page that comes while an earlier one keeps the person belongs to that; one that comes later begins
    another. So does an answer to what had passed on, such as what was put off and is taken up early.
    """
    found: list[_Kept] = []
    for event in _told(cause):
        last = found[-1] if found else None
        match event:
            case Paged():
                _paged(event, last, found)
            case Freed() if last is not None:
                _freed(event, last, found)
            case Acted() if last is not None:
                _at_it_all_the_time(event, found)
                _acted(event, found[-1], found)
    return [_engagement(one, now) for one in found]


def _told(cause: Cause) -> Iterator[Paged | Acted | Freed]:
    """In order of time; at one instant a page before what was done about it, and that before its end."""
    told: list[tuple[datetime, int, int, Paged | Acted | Freed]] = []
    told += [(one.at, 0, one.page, one) for one in cause.pages]
    told += [(one.at, 1, one.did, one) for one in cause.acted]
    told += [(one.at, 2, 0, one) for one in cause.freed]
    yield from (one for *_, one in sorted(told, key=lambda each: each[:3]))


def _paged(event: Paged, last: _Kept | None, found: list[_Kept]) -> None:
    if last is not None and (last.holds or event.at <= last.end):
        last.pages.append(event)
        if not last.holds and event.heard_until > last.end:
            last.end, last.why = event.heard_until, STOPPED
    else:
        found.append(_Kept(start=event.at, end=event.heard_until, pages=[event], why=STOPPED))


def _freed(event: Freed, last: _Kept, found: Sequence[_Kept]) -> None:
    for one in found:
        one.ran_out = False if not event.ran_out else one.ran_out
    if last.holds:
        still = [one.heard_until for one in last.pages if one.at >= event.at]  # paged anew by the same
        last.end, last.why = max([event.at, *still]), event.why
        last.holds, last.ran_out = False, event.ran_out


def _at_it_all_the_time(event: Acted, found: list[_Kept]) -> None:
    """What was told since their acknowledgement ran out is one with it, now that they show that they are on
    it still.
    """
    for place, one in enumerate(found):
        if one.ran_out and event.at <= one.end + RAN_OUT:
            one.pages += [page for later in found[place + 1 :] for page in later.pages]
            one.holds, one.ran_out = True, False
            del found[place + 1 :]
            break


def _acted(event: Acted, last: _Kept, found: list[_Kept]) -> None:
    if not last.holds and event.at > last.open_until(event.at):
        if event.did is not Did.TOOK:
            return
        again = replace(last.pages[-1], at=event.at, last=event.at)
        last = _Kept(start=event.at, end=event.at, pages=[again], why="")
        found.append(last)
    last.answered, last.why, last.end = True, event.what, max(last.end, event.at)
    if event.did is not Did.WROTE:
        last.holds = event.did is Did.TOOK


def _engagement(kept: _Kept, now: datetime) -> Engagement:
    end = max(kept.start, now) if kept.holds else kept.end
    return Engagement(
        span=Span(kept.start, end),
        pages=tuple(one.page for one in kept.pages),
        paged=tuple(one.at for one in kept.pages),
        ended_by=f"{kept.why}; not over yet" if kept.holds else kept.why,
        answered=kept.answered,
        going=kept.holds,
    )
