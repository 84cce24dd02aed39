"""Rest after being called out by night: from when people may start again, what they start before, and who
could stand in for them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from oncall.compensation.core.callouts import Engagement, limited, night_of
from oncall.compensation.core.carried import Carried
from oncall.compensation.core.rest import Rest, Violation, rests, violations
from oncall.compensation.core.statement import Stage
from oncall.compensation.core.terms import NEVER_PAID, CallOuts
from oncall.compensation.loading.engagements import Known, engagements_of
from oncall.compensation.loading.stages import Staged, stages
from oncall.compensation.reckoning import carried_by
from oncall.core.restriction import windows
from oncall.core.span import Span, intersection
from oncall.models import Schedule
from oncall.standins import StandIn, standins
from people.models import Membership, User

USUAL_HOURS = 11
BEFORE = timedelta(days=2)
"""How long before the time asked about something may have begun of which one rests still."""
WHO_COULD = 3
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rested:
    """One person's rest after a night. `going`: something keeps them still, so that it is no rest yet."""

    rest: Rest
    going: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A shift that begins while its person should rest, up to the end of the rest, and who could carry it,
    the best first.
    """

    schedule: Schedule
    role: str
    start: datetime
    end: datetime
    could: Sequence[StandIn]


def rests_of(
    user_ids: Collection[int], *, since: datetime, until: datetime, now: datetime
) -> dict[int, list[Rest]]:
    """By person, those that touch [since, until), in order. In a number of queries that does not grow with
    people. Somebody whose teams keep no rest (0 h) has none.
    """
    found = rested(user_ids, since=since, until=until, now=now)
    return {user: [one.rest for one in each] for user, each in found.items()}


def rested(
    user_ids: Collection[int], *, since: datetime, until: datetime, now: datetime
) -> dict[int, list[Rested]]:
    kept = _kept(user_ids, since=since - BEFORE, until=until, now=now)
    lengths = _lengths(user_ids)
    found = {}
    for user, (nights, _) in kept.items():
        going = {one.span.end for one in nights if one.going}
        each = [
            Rested(rest=rest, going=rest.since in going)
            for rest in _rests(nights, lengths[user])
            if rest.until > since and rest.since < until
        ]
        if each:
            found[user] = each
    return found


def violations_of(
    user_ids: Collection[int], *, since: datetime, until: datetime, now: datetime, known: Known | None = None
) -> dict[int, list[Violation]]:
    """By person, of the rests that begin in [since, until): each that was cut short by now, once, by an
    answer to a page or by a shift that began. Whoever goes on with what they carried begins nothing.

    Beside the queries of `rests_of`, three for each fifty schedules; `known` saves reading again what it has.
    """
    kept = _kept(user_ids, since=since - BEFORE, until=min(until + A_DAY, now), now=now, known=known)
    lengths = _lengths(user_ids)
    mine = {user: _rests(nights, lengths[user]) for user, (nights, _) in kept.items()}
    mine = {user: [one for one in each if since <= one.since < until] for user, each in mine.items()}
    mine = {user: each for user, each in mine.items() if each}
    if not mine:
        return {}
    ends = max(rest.until for each in mine.values() for rest in each)
    carried = carried_by(mine, Span(since - A_DAY, max(ends, until)))
    found = {}
    for user, each in mine.items():
        answers = [(one.span.start, "answered a page") for one in kept[user][1] if one.answered]
        starts = [(at, f"on call for {one.schedule}") for at, one in _starts(carried.get(user, ()))]
        broken = violations(each, [(at, what) for at, what in (*answers, *starts) if at <= now])
        if broken:
            found[user] = broken
    return found


def uncovered(user: User, rest: Rest, *, now: datetime) -> list[Uncovered]:
    """What the person carries from now on that begins within the rest, in order."""
    span = Span(max(now, rest.since), rest.until)
    if span.start >= span.end:
        return []
    carried = carried_by([user.pk], Span(span.start - A_DAY, span.end)).get(user.pk, ())
    found = []
    for at, one in _starts(carried):
        if span.start <= at < span.end:
            schedule = Schedule.objects.select_related("team").get(name=one.schedule, retired_at=None)
            end = min(one.span.end, span.end)
            could = standins(schedule, start=at, end=end, now=now, without=[user.pk])
            able = [each for each in could if each.candidate.can][:WHO_COULD]
            found.append(Uncovered(schedule=schedule, role=one.role, start=at, end=end, could=able))
    return found


def _kept(
    user_ids: Collection[int], *, since: datetime, until: datetime, now: datetime, known: Known | None = None
) -> Mapping[int, tuple[list[Engagement], list[Engagement]]]:
    """By person, what kept them by night, and all that did; each for as long as their plan lets it count."""
    if known is not None and known.covers(since, until):
        engaged = known.begun_in(since, until)
    else:
        engaged = engagements_of(user_ids, since=since, until=until, now=now)
    engaged = {user: each for user, each in engaged.items() if each}
    if not engaged:
        return {}
    days = (since - A_DAY).date(), (until + 2 * A_DAY).date()
    staged = stages(engaged.keys(), since=days[0], until=days[1])
    found = {}
    for user, each in engaged.items():
        counted = [part for one in each for part in limited([one], _longest(staged[user], one.span.start))]
        found[user] = ([one for one in counted if _by_night(one, staged[user])], counted)
    return found


def _stage(staged: Staged, at: datetime) -> Stage | None:
    return next((one for one in staged.stages if one.span.start <= at < one.span.end), None)


def _longest(staged: Staged, at: datetime) -> timedelta:
    stage = _stage(staged, at)
    return (stage.terms.call_outs if stage and stage.terms.call_outs else CallOuts()).longest


def _by_night(one: Engagement, staged: Staged) -> bool:
    """Whether any of it lies in the night, as the plan they are paid by draws it, by their own clock."""
    stage = _stage(staged, one.span.start)
    zone = stage.place.zone if stage else staged.zone
    span = Span(one.span.start, max(one.span.end, one.span.start + timedelta(microseconds=1)))
    night = windows(night_of(stage.terms if stage else None), zone, span)
    return bool(intersection([span], list(night)))


def _lengths(user_ids: Collection[int]) -> Mapping[int, timedelta]:
    """The longest rest that any of a person's teams keeps."""
    found = defaultdict(lambda: timedelta(hours=USUAL_HOURS))
    rows = Membership.objects.filter(user__in=user_ids).order_by().values_list("user")
    for user, hours in rows.annotate(hours=Max("team__rest_hours")):
        found[user] = timedelta(hours=hours)
    return found


def _rests(nights: Iterable[Engagement], length: timedelta) -> list[Rest]:
    return rests((one.span.end for one in nights), length=length) if length else []


def _starts(carried: Iterable[Carried]) -> Iterator[tuple[datetime, Carried]]:
    """Where a shift begins that the person did not carry just before, shadows left out."""
    ends: set[tuple[str, str, datetime]] = set()
    for one in sorted(carried, key=lambda one: (one.span, one.schedule, one.role)):
        if one.role == NEVER_PAID:
            continue
        if (one.schedule, one.role, one.span.start) not in ends:
            yield one.span.start, one
        ends.add((one.schedule, one.role, one.span.end))
