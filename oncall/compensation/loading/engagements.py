"""What kept people: the pages that left, what each of them did about it, and what was put right since."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.engaged import Acted, Cause, Did, Freed, Paged, engagements
from oncall.compensation.loading.corrected import corrected
from oncall.core.span import Span
from paging.selectors import Left, pages_left
from people.ledger.models import Entry
from people.ledger.verbs import Verb

AT_ONCE = 500  # incidents asked for in one query: SQLite takes no more than so many values
INCIDENT = "incident"
ACTED = {
    Verb.INCIDENT_ACKNOWLEDGED: Did.TOOK,
    Verb.INCIDENT_ACK_COUNTED: Did.TOOK,
    Verb.INCIDENT_RESPONDERS_ADDED: Did.WROTE,
    Verb.INCIDENT_NOTE: Did.WROTE,
    Verb.INCIDENT_MERGED: Did.WROTE,
    Verb.INCIDENT_RESOLVED: Did.WROTE,
    Verb.INCIDENT_ESCALATED: Did.PASSED,
    Verb.INCIDENT_REASSIGNED: Did.PASSED,
    Verb.INCIDENT_SNOOZED: Did.PASSED,
}
"""By whom it was done, it kept."""
FREED = {
    Verb.INCIDENT_RESOLVED: "resolved by {}",
    Verb.INCIDENT_REASSIGNED: "reassigned by {}",
    Verb.INCIDENT_SNOOZED: "snoozed by {}",
    Verb.INCIDENT_UNACKNOWLEDGED: "the acknowledgement was taken back by {}",
    Verb.INCIDENT_ACK_EXPIRED: "the acknowledgement ran out",
}
"""Whoever did it, nobody has it in hand from then on: who is to go on is paged again."""


class _Line(NamedTuple):
    """One line of an incident's timeline; `into`: that of the incident as which it goes on from then on."""

    at: datetime
    verb: str
    actor: int | None
    name: str
    into: int | None


@dataclass
class _Told:
    """Of one incident, first to last."""

    lines: list[_Line] = field(default_factory=list)

    @property
    def into(self) -> int | None:
        return next((line.into for line in self.lines if line.into is not None), None)


@dataclass(frozen=True, kw_only=True)
class Known:
    """Engagements that were read before, of everybody who is asked about: all that began in `span`."""

    span: Span
    by_user: Mapping[int, list[Engagement]]

    def covers(self, since: datetime, until: datetime) -> bool:
        return self.span.start <= since and until <= self.span.end

    def begun_in(self, since: datetime, until: datetime) -> Mapping[int, list[Engagement]]:
        """What `engagements_of` says of that time."""
        return {
            user: [one for one in each if since <= one.span.start < until]
            for user, each in self.by_user.items()
        }


def engagements_of(
    user_ids: Collection[int], *, since: datetime, until: datetime, now: datetime
) -> Mapping[int, list[Engagement]]:
    """By person, in order of time: those that began in [since, until). What is still in hand lasts until
    `now`. Times that were put right and approved count in place of those that were found.

    Three queries, and one more for each five hundred incidents and each five hundred as which some went on.
    """
    left = [one for one in pages_left(user_ids, since=since, until=until) if _number(one) is not None]
    told = _told({_number(one) or 0 for one in left})
    by_cause: dict[tuple[int, int], list[Left]] = defaultdict(list)
    for one in left:
        by_cause[one.user, _number(one) or 0].append(one)
    found: dict[int, list[Engagement]] = defaultdict(list)
    for (user, incident), pages in by_cause.items():
        found[user] += engagements(_cause(pages, incident, told, user), now=now)
    found = corrected(found, user_ids, since=since, until=until)
    for each in found.values():
        each.sort(key=attrgetter("span", "pages"))
    return found


def _number(one: Left) -> int | None:
    kind, _, number = one.cause.partition(":")
    return int(number) if kind == INCIDENT and number.isdecimal() else None


def _cause(pages: Iterable[Left], incident: int, told: Mapping[int, _Told], user: int) -> Cause:
    acted: list[Acted] = []
    freed: list[Freed] = []
    for line in _followed(incident, told):
        if line.actor == user and line.verb in ACTED:
            what = line.verb.partition(".")[2].replace("_", " ")
            acted.append(Acted(at=line.at, what=what, did=ACTED[Verb(line.verb)]))
        if line.verb in FREED:
            ran_out = line.verb == Verb.INCIDENT_ACK_EXPIRED
            freed.append(Freed(at=line.at, why=FREED[Verb(line.verb)].format(line.name), ran_out=ran_out))
    return Cause(
        pages=[Paged(page=one.page, at=one.at, last=one.last, stopped=one.stopped) for one in pages],
        acted=acted,
        freed=freed,
    )


def _followed(incident: int, told: Mapping[int, _Told]) -> Iterator[_Line]:
    """Its timeline, and from when it was merged on that of the one as which it goes on."""
    since, seen = None, set[int]()
    at: int | None = incident
    while at is not None and at not in seen and at in told:
        seen.add(at)
        for line in told[at].lines:
            if since is None or line.at >= since:
                yield line
        merged = next((line for line in told[at].lines if line.into is not None), None)
        at, since = (merged.into, merged.at) if merged else (None, None)


def _told(incidents: Collection[int]) -> Mapping[int, _Told]:
    """Of these, and of those as which they go on."""
    found: dict[int, _Told] = {}
    wanted = set(incidents)
    while wanted:
        found |= {one: _Told() for one in wanted}
        ordered = sorted(wanted)
        for n in range(0, len(ordered), AT_ONCE):
            for incident, line in _lines(ordered[n : n + AT_ONCE]):
                found[incident].lines.append(line)
        wanted = {into for one in wanted if (into := found[one].into) is not None} - found.keys()
    return found


def _lines(incidents: Collection[int]) -> Iterator[tuple[int, _Line]]:
    rows = Entry.objects.filter(
        subject_type=INCIDENT, subject_id__in=incidents, verb__in={*ACTED, *FREED}
    ).order_by("id")
    of = ("subject_id", "at", "verb", "actor_id", "actor_name", "data")
    for incident, at, verb, actor, name, data in rows.values_list(*of):
        yield incident, _Line(at, verb, actor, name, _into(verb, data))


def _into(verb: str, data: Mapping[str, Any]) -> int | None:
    into = data.get("into") if verb == Verb.INCIDENT_MERGED else None
    return into if isinstance(into, int) else None
