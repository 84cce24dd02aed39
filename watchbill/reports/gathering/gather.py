"""The pages of each team: to whom, in which shift, about what, and what became of it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from escalation.core.cause import cause_of, incident_in
from escalation.selectors import (
    IncidentFacts,
    IncidentName,
    Quieted,
    incident_facts,
    incident_names,
    opened_between,
    quieted_between,
    step_targets,
)
from oncall.compensation.core.bands import MIDNIGHT
from oncall.compensation.loading.holidays import holidays_of
from oncall.selectors import Duty
from paging.core.interruptions import Reached, interruptions
from paging.selectors import Left, pages_asked, runs_of
from people.history import places
from people.models import User
from watchbill.reports.core.answering import step_of
from watchbill.reports.core.facts import Carried
from watchbill.reports.core.hours import Holidays
from watchbill.reports.gathering.beside import Beside, beside
from watchbill.reports.gathering.crew import Carriage, Crew, carriage
from watchbill.reports.gathering.scope import A_DAY, Scope
from watchbill.reports.models import FollowUp
from watchbill.reports.selectors import done_follow_ups


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page that left. `duty`: the shift it was for, of whatever team; None beside all shifts. It is put
    down to the shift that was on call when it was asked for; where a person had several, to one of those that
    its step pages.
    """

    id: int
    user: int
    asked: datetime
    at: datetime
    incident: int
    run: str
    duty: Duty | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """Counted once, where its first page is, by when that was `asked` for: `pages` are ids."""

    user: int
    asked: datetime
    first: datetime
    pages: tuple[int, ...]
    duty: Duty | None
    incident: int


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """One team's. `pages` and `interruptions` of the far span, by time; `facts` of the incidents that the
    report shows, `names` of all that were paged about, `runs` when each step of the former asked.
    """

    crew: Crew
    carriage: Carriage
    scope: Scope
    people: Mapping[int, User]
    pages: Sequence[Seen]
    interruptions: Sequence[Interrupted]
    names: Mapping[int, IncidentName]
    facts: Mapping[int, IncidentFacts]
    runs: Mapping[str, Mapping[str, datetime]]
    opened: Sequence[int]
    quieted: Sequence[Quieted]
    done: Sequence[FollowUp]
    beside: Beside
    where: "Where"

    def carried(self, duty: Duty) -> Carried:
        zone, holidays = self.where.of(duty.user, duty.span.start)
        return Carried(
            schedule=self.crew.schedules[duty.schedule],
            role=duty.role,
            user=duty.user,
            span=duty.span,
            zone=zone,
            holidays=holidays,
        )


class Where:
    """In which zone, and with which holidays, each of some people was at a time. Four queries."""

    def __init__(self, user_ids: Collection[int], scope: Scope) -> None:
        self._places = places(list(user_ids))
        calendars = {place.holidays for each in self._places.values() for place in each}
        first, last = scope.far.start - 2 * A_DAY, scope.far.end + 2 * A_DAY
        days = holidays_of(calendars, first=first.date(), last=last.date())
        self._holidays = {
            calendar: frozenset(day for day, hours in found.items() if hours == (MIDNIGHT, MIDNIGHT))
            for calendar, found in days.items()
        }

    def of(self, user: int, at: datetime) -> tuple[ZoneInfo, Holidays]:
        place = next(place for place in self._places[user] if at < place.until)
        return ZoneInfo(place.time_zone), self._holidays.get(place.holidays, frozenset())


def gather(several: Sequence[Crew], scope: Scope) -> Iterator[Gathered]:
    """Of each crew, in their order, one at a time: what is read of one alone is not held for the next."""
    everyone = frozenset(user for crew in several for user in crew.users)
    carried, more, where = carriage(several, scope), beside(everyone, scope), Where(everyone, scope)
    people = User.objects.in_bulk(list(everyone))
    for crew in several:
        pages = _pages(crew, scope, carried)
        about = {page.incident for page in pages}
        names = incident_names(about)
        mine = {
            page.id
            for page in pages
            if (page.duty is None and names[page.incident].team == crew.team.pk)
            or (page.duty is not None and page.duty.schedule in crew.schedules)
        }
        opened = opened_between(crew.team.pk, since=scope.since, until=scope.within.end)
        shown = {page.incident for page in pages if page.id in mine and page.asked >= scope.begun}
        facts = incident_facts(shown | set(opened))
        yield Gathered(
            crew=crew,
            carriage=carried,
            scope=scope,
            people=people,
            pages=[page for page in pages if page.id in mine],
            interruptions=[one for one in _interruptions(pages) if one.pages[0] in mine],
            names=names,
            facts=facts,
            runs=runs_of([cause_of(incident) for incident in facts]),
            opened=opened,
            quieted=quieted_between(crew.team.pk, since=scope.far.start, until=scope.far.end),
            done=done_follow_ups(crew.team.pk, since=scope.far.start, until=scope.far.end),
            beside=more,
            where=where,
        )


def _pages(crew: Crew, scope: Scope, carried: Carriage) -> list[Seen]:
    """To anybody of the crew about any incident, by time."""
    left = [
        (one, incident)
        for one in pages_asked(crew.users, since=scope.far.start, until=scope.far.end)
        if (incident := incident_in(one.cause)) is not None
    ]
    held = {one.page: carried.at(one.user, one.asked) for one, _ in left}
    unsure = {incident for one, incident in left if len(held[one.page]) > 1}
    targets = step_targets(unsure) if unsure else {}
    return [
        Seen(
            id=one.page,
            user=one.user,
            asked=one.asked,
            at=one.at,
            incident=incident,
            run=one.run,
            duty=_duty(one, held[one.page], targets.get(incident, {})),
        )
        for one, incident in left
    ]


def _duty(page: Left, held: Sequence[Duty], targets: Mapping[int, frozenset[tuple[int, str]]]) -> Duty | None:
    step = step_of(page.run)
    asked = targets.get(step, frozenset()) if step is not None else frozenset()
    meant = [one for one in held if (one.schedule, one.role) in asked]
    return next(iter(meant or held), None)


def _interruptions(pages: Sequence[Seen]) -> list[Interrupted]:
    by_user: dict[int, list[Reached]] = defaultdict(list)
    by_id = {page.id: page for page in pages}
    for page in pages:
        by_user[page.user].append(Reached(at=page.at, page=page.id, cause=cause_of(page.incident)))
    found = [
        Interrupted(
            user=user,
            asked=by_id[one.pages[0]].asked,
            first=one.first,
            pages=one.pages,
            duty=by_id[one.pages[0]].duty,
            incident=by_id[one.pages[0]].incident,
        )
        for user, mine in by_user.items()
        for one in interruptions(mine)
    ]
    return sorted(found, key=lambda one: (one.first, one.pages))
