"""How fast incidents were noticed, answered and ended."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from escalation.core.label import NOT_ACTIONABLE
from paging.core.percentile import percentile
from watchbill.reports.core.facts import Incident

SECOND = timedelta(seconds=1)
Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Times:
    """Of `count` lengths in seconds: what they come to on average (rounded down), and what 50 and 90 of 100
    did not exceed.
    """

    count: int
    mean: int
    p50: int
    p90: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Of some incidents. A time is None where no incident says it: `detect` where no source said when it
    began, `acknowledge` where nobody did. What is mitigated hurts no more, by its source; who resolves it
    may still have to clear up.
    """

    incidents: int
    detect: Times | None
    acknowledge: Times | None
    mitigate: Times | None
    resolve: Times | None
    timeouts: int
    noise: int
    """Those that ended by themselves before anybody looked, or were labelled as noise or a duplicate."""

    @property
    def noise_ratio(self) -> Fraction:
        return Fraction(self.noise, self.incidents) if self.incidents else Fraction(0)


def response(incidents: Sequence[Incident]) -> Response:
    return Response(
        incidents=len(incidents),
        detect=times(_between(one.began, one.triggered) for one in incidents),
        acknowledge=times(_between(one.triggered, one.acknowledged) for one in incidents),
        mitigate=times(_between(one.triggered, one.mitigated or one.resolved) for one in incidents),
        resolve=times(_between(one.triggered, one.resolved) for one in incidents),
        timeouts=sum(one.timeouts for one in incidents),
        noise=sum(one.resolved_itself or one.label in NOT_ACTIONABLE for one in incidents),
    )


def grouped(incidents: Iterable[Incident], by: Callable[[Incident], Group]) -> Mapping[Group, Response]:
    """By service, by severity, by the kind of time: the group with most incidents first."""
    found: defaultdict[Group, list[Incident]] = defaultdict(list)
    for one in incidents:
        found[by(one)].append(one)
    ordered = sorted(found, key=lambda group: (-len(found[group]), str(group)))
    return {group: response(found[group]) for group in ordered}


def times(lengths: Iterable[int | None]) -> Times | None:
    known = sorted(one for one in lengths if one is not None)
    if not known:
        return None
    return Times(len(known), sum(known) // len(known), percentile(known, 50), percentile(known, 90))


def severities(incidents: Iterable[Incident]) -> Mapping[str, int]:
    """How many of each, the worst first."""
    return dict(sorted(Counter(one.severity for one in incidents).items()))


def _between(start: datetime | None, end: datetime | None) -> int | None:
    """What a source's clock puts after the alert itself took no time."""
    if start is None or end is None:
        return None
    return max((end - start) // SECOND, 0)
