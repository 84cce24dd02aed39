"""Interruptions of one person: pages that left, merged where they came close together.

The one place where they are counted: of twelve alerts in a storm a person is interrupted once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, order=True)
class Reached:
    """A page of high urgency whose first message left at `at`; `cause`: what about ("incident:42")."""

    at: datetime
    page: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """From `first` on; `pages` are ids, and `causes` what they were about, each once, as they came."""

    first: datetime
    pages: tuple[int, ...]
    causes: tuple[str, ...]


def interruptions(pages: Iterable[Reached], *, within: timedelta = WITHIN) -> list[Interruption]:
    """One person's, in order of time; the order of `pages` changes nothing.

    A page belongs to an interruption where it left less than `within` after the first of it. What comes later
    begins another, however close to the last: hours of paging are many interruptions, not a long one.
    """
    found: list[Interruption] = []
    for one in sorted(pages):
        if found and one.at < found[-1].first + within:
            last = found[-1]
            causes = last.causes if one.cause in last.causes else (*last.causes, one.cause)
            found[-1] = replace(last, pages=(*last.pages, one.page), causes=causes)
        else:
            found.append(Interruption(first=one.at, pages=(one.page,), causes=(one.cause,)))
    return found
