"""What people are owed for some time, reckoned from what was carried and what kept them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Q

from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.carried import Carried, within
from oncall.compensation.core.line import Line
from oncall.compensation.core.statement import Statement, reckon
from oncall.compensation.core.stretches import AROUND, stretches
from oncall.compensation.loading.engagements import Known, engagements_of
from oncall.compensation.loading.stages import Staged, stages
from oncall.core.span import Span, intersection, subtraction, union
from oncall.loading import rosters
from oncall.models import Schedule
from oncall.selectors import schedules_naming
from people.models import User

BEFORE, AFTER = timedelta(days=1), timedelta(days=1)
"""How long around a period somebody's engagements are looked at: a call-out of its last night may go on."""
AT_ONCE = 50  # schedules whose rosters are held in memory together


@dataclass(frozen=True, kw_only=True)
class Owed:
    """One person's: `staged` says by what, `unpaid` how much of what they carried no plan pays. `engagements`
    are also those around the period, by which it is told what its call-outs are.
    """

    staged: Staged
    carried: list[Carried]
    engagements: list[Engagement]
    statement: Statement
    unpaid: timedelta

    def lieu_expires(self, line: Line) -> datetime | None:
        """When what the call-out credited is lost, by the terms under which it began."""
        if not line.lieu_minutes:
            return None
        for stage in self.staged.stages:
            if stage.span.start <= line.span.start < stage.span.end and stage.terms.call_outs is not None:
                lasts = stage.terms.call_outs.lieu_expires
                return None if lasts is None else line.span.end + lasts
        return None


def reckoned(
    user_ids: Collection[int],
    *,
    since: date,
    until: date,
    now: datetime,
    known: Known | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[int, Owed]:
    """By person, from the midnight that begins `since` to the one that begins `until`, each by their own
    clock. What lies after `now` is as the schedules stand, without call-outs. In a number of queries that
    grows with schedules (three for fifty) and incidents (one for five hundred), not with people.

    `progress` hears how many more people are done; `known` saves reading again what it has.
    """
    staged = stages(user_ids, since=since, until=until)
    if not staged:
        return {}
    reach = Span(
        min(one.reach.start for one in staged.values()), max(one.reach.end for one in staged.values())
    )
    carried = carried_by(staged, reach)
    kept = kept_by(staged, reach, now=now, known=known)
    found = {}
    for user, one in staged.items():
        found[user] = owed(one, carried.get(user, []), kept.get(user, []))
        progress(1)
    return found


def owed(staged: Staged, carried: Collection[Carried], engagements: Collection[Engagement]) -> Owed:
    mine = within(carried, staged.reach)
    kept = placed(engagements, mine)
    return Owed(
        staged=staged,
        carried=within(mine, staged.whole),
        engagements=kept,
        statement=reckon(staged.stages, mine, kept),
        unpaid=_unpaid(staged, mine),
    )


def carried_by(user_ids: Iterable[int], reach: Span) -> Mapping[int, list[Carried]]:
    """By person, what they carry in `reach`, on every schedule, also on those retired since."""
    wanted = set(user_ids)
    in_use = Q(retired_at=None) | Q(retired_at__gt=reach.start)
    rows = Schedule.objects.filter(in_use, pk__in=schedules_naming(wanted)).order_by("pk")
    schedules = list(rows.values_list("pk", "name"))
    found: dict[int, list[Carried]] = defaultdict(list)
    for n in range(0, len(schedules), AT_ONCE):
        names = dict(schedules[n : n + AT_ONCE])
        loaded = rosters(names, since=reach.start - AROUND, until=reach.end + AROUND)
        for pk, roster in loaded.items():
            if wanted & roster.people():
                for one in stretches(names[pk], roster, reach):
                    if one.user in wanted:
                        found[one.user].append(one.carried)
    return found


def kept_by(
    user_ids: Iterable[int], reach: Span, *, now: datetime, known: Known | None = None
) -> Mapping[int, list[Engagement]]:
    """By person, what kept them in `reach`, and as far around it as a call-out may go on."""
    since, until = reach.start - BEFORE, min(reach.end + AFTER, now)
    if known is not None and known.covers(since, until):
        return known.begun_in(since, until)
    return engagements_of(list(user_ids), since=since, until=until, now=now)


def placed(engagements: Iterable[Engagement], carried: Collection[Carried]) -> list[Engagement]:
    """Each with the schedule and role that the person carried when it began; with none where they were paged
    by name, or as a manager.
    """
    found = []
    for one in engagements:
        at = one.span.start
        on = min(((c.schedule, c.role) for c in carried if c.span.start <= at < c.span.end), default=("", ""))
        found.append(replace(one, schedule=on[0], role=on[1]))
    return found


def everybody() -> list[int]:
    """Who may be owed something, by username: also those who have left, since they may have carried it."""
    return list(User.objects.order_by("username").values_list("pk", flat=True))


def _unpaid(staged: Staged, carried: Collection[Carried]) -> timedelta:
    mine = intersection(union(one.span for one in carried), [staged.whole])
    left = subtraction(mine, [stage.span for stage in staged.stages])
    return sum((span.end - span.start for span in left), timedelta(0))
