"""Who may put a service into maintenance. Asked at doors; verbs trust their caller.

Managers plan what they like for their teams. Whoever answers for a service may start one from now for some
hours: at 3 a.m., in the middle of an upgrade that went wrong, no manager is awake. And everybody may end one,
as everybody may acknowledge: it makes the service page again, which is the safe side.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from escalation.models import Service, Target
from oncall.models import Schedule
from oncall.standins import carriable
from people.models import Membership, User
from people.permissions import may_edit_team

LONGEST_BY_HAND = timedelta(hours=8)


def may_plan(user: User, service: Service) -> bool:
    """Plan, change and cancel windows: managers of the service's team, and superusers."""
    return may_edit_team(user, service.team)


def may_start(user: User, services: Collection[Service], *, now: datetime) -> set[int]:
    """Of which of the services (their ids) `user` may start maintenance now, for LONGEST_BY_HAND at most:
    those they plan for, those of a team in which they are more than an observer, and those whose policy pages
    a schedule that they may carry. In a fixed number of queries.
    """
    found = {service.pk for service in services if may_plan(user, service)}
    members = Membership.objects.filter(user=user).exclude(role=Membership.Role.OBSERVER)
    teams = set(members.values_list("team_id", flat=True))
    found |= {service.pk for service in services if service.team_id in teams}
    rest = [service for service in services if service.pk not in found]
    return found | _carried(user, rest, now=now) if rest else found


def _carried(user: User, services: Collection[Service], *, now: datetime) -> set[int]:
    policies = {service.policy_id for service in services}
    targets = Target.objects.filter(step__policy__in=policies, schedule__isnull=False)
    asked = set(targets.values_list("step__policy_id", "schedule_id"))
    schedules = Schedule.objects.filter(pk__in={schedule for _, schedule in asked}, retired_at=None)
    theirs = carriable(user, list(schedules), at=now)
    carried = {policy for policy, schedule in asked if schedule in theirs}
    return {service.pk for service in services if service.policy_id in carried}
