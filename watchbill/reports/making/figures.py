"""Facts of the floors below as the report's core counts them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

from escalation.core.cause import cause_of
from escalation.core.flapping import is_flapping
from escalation.selectors import IncidentFacts, IncidentName
from oncall.core.span import Span
from oncall.selectors import Duty
from people.ledger.verbs import Verb
from watchbill.reports.core.answering import Ran, is_missed, own_answer, steps_run
from watchbill.reports.core.facts import Carried, Incident, Page
from watchbill.reports.core.hours import Kind, kind_at
from watchbill.reports.core.key import key_of
from watchbill.reports.gathering import Gathered, Interrupted, Seen

A_SECOND = timedelta(seconds=1)
MOVED_ON = frozenset({Verb.INCIDENT_ESCALATED, Verb.INCIDENT_UNREACHABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A shift that the report shows: `duty` is the whole of it, `carried` what is judged."""

    duty: Duty
    carried: Carried
    begun_before: bool
    goes_on: bool


class Figures:
    """Of one team's report: the incidents and pages that it shows, by id, and its shifts in order."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered
        self.scope = gathered.scope
        self.ran = {pk: self._ran(facts) for pk, facts in gathered.facts.items()}
        self.incidents = {pk: self._incident(facts) for pk, facts in gathered.facts.items()}
        self.pages = {page.id: self._page(page) for page in gathered.pages if page.asked >= self.scope.begun}
        self.shifts = sorted(self._shifts(), key=_order)

    def key(self, incident: int) -> str:
        return key_named(self.gathered.names[incident])

    def kind(self, user: int, at: datetime) -> Kind:
        return kind_at(at, *self.gathered.where.of(user, at))

    @cached_property
    def counted(self) -> list[Seen]:
        """The pages within the report's time."""
        return [page for page in self.gathered.pages if _within(page.asked, self.scope.within)]

    @cached_property
    def counted_interruptions(self) -> list[Interrupted]:
        return [one for one in self.gathered.interruptions if _within(one.asked, self.scope.within)]

    @cached_property
    def kinds_of_interruptions(self) -> Mapping[int, Kind]:
        """In which kind of time each began, by its first page."""
        return {one.pages[0]: self.kind(one.user, one.first) for one in self.gathered.interruptions}

    @cached_property
    def interrupted(self) -> Mapping[Duty, Sequence[datetime]]:
        """When each interruption of a shift began, of those that are shown."""
        found: dict[Duty, list[datetime]] = defaultdict(list)
        for one in self.gathered.interruptions:
            if one.duty is not None and one.pages[0] in self.pages:
                found[one.duty].append(one.first)
        return found

    @cached_property
    def duty_of(self) -> Mapping[int, Duty | None]:
        """By page, of those that are shown."""
        return {page.id: page.duty for page in self.gathered.pages if page.id in self.pages}

    @cached_property
    def short_rests(self) -> Mapping[Duty, Sequence[datetime]]:
        """When each rest began that was cut short, by the shift that it is put down to: what the person
        carried then, or had carried last; of two, the one that began last.
        """
        found: dict[Duty, list[datetime]] = defaultdict(list)
        for user, broken in self.gathered.beside.short_rests.items():
            mine = [duty for duty in self.gathered.crew.duties if duty.user == user]
            for since in (one.rest.since for one in broken):
                begun = [duty for duty in mine if duty.span.start < since]
                holding = [duty for duty in begun if since <= duty.span.end]
                for duty in (holding or begun)[-1:]:
                    found[duty].append(since)
        return found

    def short_rests_of(self, duty: Duty, span: Span) -> int:
        """Of a shift, those in the part of it that `span` is."""
        is_last = span.end >= duty.span.end
        rests = self.short_rests.get(duty, ())
        return sum(span.start < since and (since <= span.end or is_last) for since in rests)

    def _shifts(self) -> Iterator[Shown]:
        within, begun = self.scope.within, self.scope.begun
        for duty in self.gathered.crew.duties:
            if duty.span.start < within.end and duty.span.end > within.start:
                start = max(duty.span.start, begun)
                carried = self.gathered.carried(duty)
                yield Shown(
                    duty=duty,
                    carried=replace(carried, span=Span(start, min(duty.span.end, within.end))),
                    begun_before=start > duty.span.start or duty.span.start == self.scope.far.start,
                    goes_on=duty.span.end >= within.end,
                )

    def _ran(self, facts: IncidentFacts) -> dict[str, Ran]:
        found = steps_run(
            self.gathered.runs.get(cause_of(facts.id), {}),
            moved_on=[act.at for act in facts.acts if act.verb in MOVED_ON],
            exhausted=[act.at for act in facts.acts if act.verb is Verb.INCIDENT_EXHAUSTED],
        )
        return {one.run: one for one in found}

    def _incident(self, facts: IncidentFacts) -> Incident:
        name = IncidentName(
            service=facts.service,
            team=facts.team,
            title=facts.title,
            dedup_key=facts.dedup_key,
            labels=facts.labels,
        )
        return Incident(
            id=facts.id,
            service=facts.service,
            key=key_named(name),
            title=facts.title,
            severity=facts.severity,
            triggered=facts.triggered,
            acknowledged=facts.acknowledged,
            mitigated=facts.mitigated,
            resolved=facts.resolved,
            by_source=facts.ended_alone,
            began=facts.began,
            timeouts=sum(one.over is not None for one in self.ran[facts.id].values()),
            recurred=facts.recurred,
            flapping=is_flapping(facts.episodes),
            label=facts.label,
        )

    def _page(self, seen: Seen) -> Page:
        acts = self.gathered.facts[seen.incident].acts
        answered = own_answer(seen.asked, [act.at for act in acts if act.answers and act.user == seen.user])
        missed = is_missed(seen.at, self.ran[seen.incident].get(seen.run), answered)
        return Page(
            id=seen.id,
            incident=seen.incident,
            user=seen.user,
            at=seen.at,
            answered=answered,
            missed=missed,
        )


def key_named(name: IncidentName) -> str:
    return key_of(labels=name.labels, dedup_key=name.dedup_key, title=name.title)


def seconds(length: timedelta) -> int:
    return length // A_SECOND


def rounded(value: Fraction | float) -> float:
    return round(float(value), 4)


def kinds(counts: Mapping[Kind, int]) -> dict[str, int]:
    """Every kind, in the order of the night first."""
    return {kind.value: counts.get(kind, 0) for kind in Kind}


def by_time(pages: Iterable[Seen]) -> Sequence[Seen]:
    return sorted(pages, key=lambda page: (page.at, page.id))


def _order(one: Shown) -> tuple[datetime, str, str, int]:
    return one.carried.span.start, one.carried.schedule, one.carried.role, one.carried.user


def _within(at: datetime, span: Span) -> bool:
    return span.start <= at < span.end
