"""By which terms, and at which place, each person is paid, stage by stage."""

import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from oncall.compensation.core import bands
from oncall.compensation.core.bands import MIDNIGHT, Holidays
from oncall.compensation.core.moves import ALWAYS, Move, Moves
from oncall.compensation.core.statement import Stage
from oncall.compensation.core.terms import Period
from oncall.compensation.loading.holidays import holidays_of, lies_in
from oncall.compensation.loading.plans import FIRST_DAY, LAST_DAY, Version, plan_versions
from oncall.compensation.models import Assignment
from oncall.core.span import Span
from oncall.core.walltime import first_instant
from people.history import Belonging, Place, belongings, places

BEFORE = timedelta(days=3)
"""How long before what is asked for stages begin: a call-out of then may go on into it."""
HOLIDAYS_AROUND = timedelta(days=120)
"""A shift that began so long before what is asked for, or ends so long after it, still has its holidays."""


@dataclass(kw_only=True)
class Staged:
    """One person's: `whole` is what was asked for, by their own clock, and `zone` where it hung at the end.
    `stages` leave out when no plan pays them.
    """

    whole: Span
    zone: ZoneInfo
    stages: list[Stage] = field(default_factory=list)

    @property
    def reach(self) -> Span:
        """All that has to be known of them: more than the whole where a cap began before it."""
        return Span(min([self.whole.start, *(stage.span.start for stage in self.stages)]), self.whole.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """That a version pays somebody from `first` until `end`; what has the lowest `rank` comes first."""

    rank: tuple[int, int]
    version: Version
    first: date
    end: date
    team: int | None
    place: str


class _Person(NamedTuple):
    places: Sequence[Place]
    teams: Sequence[Belonging]

    def place_at(self, at: datetime) -> Place:
        return next(place for place in self.places if at < place.until)

    def midnight(self, day: date) -> datetime:
        """The first moment of the day, by the clock they had then."""
        since = ALWAYS
        for place in self.places:
            begins = first_instant(datetime.combine(day, MIDNIGHT), ZoneInfo(place.time_zone))
            if begins < place.until:
                return max(begins, since)
            since = place.until
        raise AssertionError("the last place is for ever")

    def moves(self, holidays: Mapping[str, Holidays]) -> Moves:
        if len(self.places) == 1:
            return ()
        return tuple(Move(_there(place, holidays), place.until) for place in self.places)

    def is_claimed(self, claim: _Claim, at: datetime) -> bool:
        if claim.team is not None:
            return any(one.team == claim.team and one.since <= at < one.until for one in self.teams)
        return not claim.place or lies_in(self.place_at(at).holidays, claim.place)


def stages(
    user_ids: Collection[int],
    *,
    since: date,
    until: date,
    versions: Mapping[int, Version] | None = None,
    more: Sequence[Assignment] = (),
) -> dict[int, Staged]:
    """From the midnight that begins `since` to the one that begins `until`, each by the person's own clock.
    Somebody who does not exist is left out.

    Stages before `since` are among them, for BEFORE, and where a plan has a cap, back to where its week,
    month or year began; they are not shown. `versions` are those of the database, unless others are to be
    tried; `more` are unsaved, and come before all others.
    """
    versions = plan_versions() if versions is None else versions
    own, common = _claims(user_ids, versions, more)
    been, belonged = places(user_ids), belongings(user_ids)
    near = max(since, FIRST_DAY + BEFORE) - BEFORE
    first = min([near, *(_cap_began(version, since) for version in versions.values())])
    holidays = holidays_of(
        {place.holidays for each in been.values() for place in each},
        first=max(first, FIRST_DAY + HOLIDAYS_AROUND) - HOLIDAYS_AROUND,
        last=min(until, LAST_DAY - HOLIDAYS_AROUND) + HOLIDAYS_AROUND,
    )
    return {
        user: _staged(
            _Person(been[user], belonged.get(user, ())),
            sorted([*own.get(user, ()), *common], key=lambda claim: claim.rank),
            holidays,
            days=(first, near, since, until),
        )
        for user in user_ids
        if user in been
    }


def _claims(
    user_ids: Collection[int], versions: Mapping[int, Version], more: Sequence[Assignment]
) -> tuple[Mapping[int, list[_Claim]], list[_Claim]]:
    """Those of persons, by person, and those of teams and places, which anybody may be in."""
    own: dict[int, list[_Claim]] = defaultdict(list)
    common: list[_Claim] = []
    theirs = Q(user=None) | Q(user__in=user_ids)
    rows = Assignment.objects.filter(theirs, version__in=versions).order_by("pk")
    for tried, row in [(True, row) for row in more] + [(False, row) for row in rows]:
        version = versions[row.version_id]
        first, end = max(version.first, row.since or FIRST_DAY), min(version.end, row.until or LAST_DAY)
        if first < end:
            kind = 0 if row.user_id else 1 if row.place else 2
            rank = (kind - 3 if tried else kind, row.pk or 0)
            claim = _Claim(
                rank=rank, version=version, first=first, end=end, team=row.team_id, place=row.place
            )
            (common if row.user_id is None else own[row.user_id]).append(claim)
    return own, common


def _cap_began(version: Version, day: date) -> date:
    """Before `day`, where the cap's period that has it began; `day` without a cap."""
    match version.terms.cap and version.terms.cap.per:
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def _staged(
    person: _Person,
    claims: Sequence[_Claim],
    holidays: Mapping[str, Holidays],
    *,
    days: tuple[date, date, date, date],
) -> Staged:
    first, near, since, until = days
    dated = [
        (claim, Span(person.midnight(claim.first), person.midnight(claim.end)))
        for claim in claims
        if claim.first < until and claim.end > first
    ]
    whole = Span(person.midnight(since), person.midnight(until))
    begins = person.midnight(first if any(one.version.terms.cap for one, _ in dated) else near)
    moves = person.moves(holidays)
    edges = {begins, *whole, *(at for _, span in dated for at in span)}
    edges |= {place.until for place in person.places}
    edges |= {at for one in person.teams for at in (one.since, one.until)}
    inside = sorted(at for at in edges if begins <= at <= whole.end)
    found = Staged(whole=whole, zone=ZoneInfo(person.place_at(whole.end).time_zone))
    for start, end in itertools.pairwise(inside):
        mine = (
            one for one, span in dated if span.start <= start < span.end and person.is_claimed(one, start)
        )
        claim = next(mine, None)
        if claim is not None:
            place = person.place_at(start)
            stage = Stage(
                span=Span(start, end),
                terms=claim.version.terms,
                place=_there(place, holidays),
                shown=start >= whole.start,
                moves=moves,
            )
            _append(found.stages, stage)
    return found


def _there(place: Place, holidays: Mapping[str, Holidays]) -> bands.Place:
    return bands.Place(ZoneInfo(place.time_zone), holidays[place.holidays])


def _append(stages: list[Stage], stage: Stage) -> None:
    """One with the one before it, where nothing changed between them."""
    if stages:
        last = stages[-1]
        same = (last.terms, last.place, last.shown) == (stage.terms, stage.place, stage.shown)
        if same and last.span.end == stage.span.start:
            stages[-1] = replace(last, span=Span(last.span.start, stage.span.end))
            return
    stages.append(stage)
