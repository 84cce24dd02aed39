"""What an apply does to the schedules, policies and pay plans that it touches: looked at before and after, in
its transaction.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q

from escalation import advising
from oncall.advice import Told, Watch
from oncall.compensation.advising import about_plans
from oncall.core.finding import Finding, news
from oncall.models import Schedule
from watchbill.provisioning.plan import Change, Plan

OF_A_SCHEDULE = ("schedule", "override", "temporary schedule")
OF_A_PERSON = ("user", "time off")


class Advising:
    """Made before the plan is carried out; `told` afterwards."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        named = _named(plan.changes)
        self._schedules, self._policies, self._now = _schedules(named), _policies(named), now
        self._plans = Q(plan__retired_at=None, plan__name__in=named.get("pay plan", set()))
        self._routing = Q(service__name__in=named.get("routing rules", set()))
        self._routing_before = advising.advise_routing(self._routing)
        self._watch = Watch(self._ids(), now=now)
        self._before, self._plans_before = self._of_policies(), about_plans(self._plans)

    def told(self) -> tuple[Told, ...]:
        """Errors first, and of them first those that the apply causes."""
        found = [
            *self._watch.told(self._ids()),
            *self._told_of_policies(),
            *self._told_of_plans(),
            *self._told_of_routing(),
        ]
        return tuple(sorted(found, key=lambda one: (one.finding.level, not one.new)))

    def _ids(self) -> list[int]:
        rows = Schedule.objects.filter(self._schedules, retired_at=None)
        return list(rows.values_list("pk", flat=True).distinct())

    def _of_policies(self) -> list[Finding]:
        return [one for found in advising.advise(self._policies, now=self._now).values() for one in found]

    def _told_of_policies(self) -> Iterator[Told]:
        after = self._of_policies()
        new = news(self._before, after).worse
        yield from (Told(one, new=one in new) for one in after)

    def _told_of_routing(self) -> Iterator[Told]:
        after = advising.advise_routing(self._routing)
        new = news(self._routing_before, after).worse
        yield from (Told(one, new=one in new) for one in after)

    def _told_of_plans(self) -> Iterator[Told]:
        after = about_plans(self._plans)
        new = news(self._plans_before, after).worse
        yield from (Told(one, new=one in new) for one in after)


def _named(changes: Iterable[Change]) -> dict[str, set[str]]:
    """The first part of the identity of what changes, by kind."""
    named: dict[str, set[str]] = {}
    for change in changes:
        named.setdefault(change.kind, set()).add(change.identity[0])
    return named


def _schedules(named: dict[str, set[str]]) -> Q:
    """Those that are named, those that name a person who is, and those of a team that is."""
    schedules = {name for kind in OF_A_SCHEDULE for name in named.get(kind, ())}
    people = {name for kind in OF_A_PERSON for name in named.get(kind, ())}
    return (
        Q(name__in=schedules)
        | Q(versions__participants__username__in=people)
        | Q(team__name__in=named.get("team", set()))
    )


def _policies(named: dict[str, set[str]]) -> Q:
    """Those that are named, those of a service that is, and those that page whom or what is."""
    return (
        Q(name__in=named.get("escalation policy", set()))
        | Q(services__name__in=named.get("service", set()))
        | Q(steps__targets__user__username__in=named.get("user", set()))
        | Q(steps__targets__team__name__in=named.get("team", set()))
        | Q(steps__targets__schedule__name__in=named.get("schedule", set()))
    )
