"""Who may put a service into maintenance, silence its alerts or send them elsewhere. Asked at doors; verbs
trust their caller.

Managers plan what they like for their teams. Whoever answers for a service may start one from now for some
hours: at 3 a.m., in the middle of an upgrade that went wrong, no manager is awake. And everybody may end one,
as everybody may acknowledge: it makes the service page again, which is the safe side.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from escalation.models import AlertRule, Follower, RoutingRule, Service, Target, Webhook
from oncall.models import Schedule
from oncall.standins import carriable
from people.models import Membership, Team, User
from people.permissions import managed_team_ids, may_edit_team

LONGEST_BY_HAND = timedelta(hours=8)
LONGEST_MUTE_BY_ANYBODY = timedelta(hours=24)
TOO_LONG = (
    "Mute it for a day at most; for longer, ask a responder or a manager of the team that its service "
    "belongs to."
)


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


def may_route(user: User, service: Service, to: Service | None) -> bool:
    """Have what comes by the keys of `service` go to `to`: managers of both, since those of the one are paged
    for the other. A service of no team every manager edits.
    """
    return may_edit_team(user, service.team) and (to is None or may_edit_team(user, to.team))


def may_take_out(user: User, rule: RoutingRule) -> bool:
    """A routing rule: managers of its service, and of the service whose pager it rings."""
    to = rule.to_service
    return may_edit_team(user, rule.service.team) or (to is not None and may_edit_team(user, to.team))


def may_silence(user: User, service: Service) -> bool:
    """Those who carry its team's pager, its managers, and superusers."""
    return may_edit_team(user, service.team) or _carries(user).filter(team=service.team_id).exists()


def may_mute(user: User, service: Service, *, lasts: timedelta) -> bool:
    """One of its heartbeats: everybody for a day, as everybody may snooze; who may silence, for longer."""
    return lasts <= LONGEST_MUTE_BY_ANYBODY or may_silence(user, service)


def may_change_rule(user: User, rule: AlertRule) -> bool:
    """Whoever may silence the service. Its owner may end it whatever their team is (`may_end_rule`)."""
    return may_silence(user, rule.service)


def may_end_rule(user: User, rule: AlertRule) -> bool:
    return user.pk == rule.owner_id or may_silence(user, rule.service)


def silenceable(user: User) -> QuerySet[Service]:
    """The services in use of which this person may silence alerts (`may_silence`), by name. In one query,
    however many they are.
    """
    services = Service.objects.filter(retired_at=None).select_related("team").order_by("name")
    if user.is_superuser:
        return services
    managed = managed_team_ids(user)
    theirs = Q(team__in=managed) | Q(team__in=_carries(user).values("team"))
    return services.filter(theirs | Q(team=None) if managed else theirs)


def may_change_webhook(user: User, webhook: Webhook) -> bool:
    """Managers; of one that follows incidents, those who manage all that it follows, since whoever changes
    its address reads them; of one that follows all, superusers.
    """
    row = Follower.objects.filter(pk=webhook.pk).prefetch_related("teams", "services__team").first()
    if row is None or not may_edit_team(user, None):
        return may_edit_team(user, None)
    return may_follow(user, everything=row.everything, teams=row.teams.all(), services=row.services.all())


def may_follow(user: User, *, everything: bool, teams: Iterable[Team], services: Iterable[Service]) -> bool:
    """Let a webhook hear of these, or of nothing."""
    if user.is_superuser or everything:
        return user.is_superuser
    asked = [*teams, *(service.team for service in services)]
    return all(may_edit_team(user, team) for team in (asked or [None]))


def _carries(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user).exclude(role=Membership.Role.OBSERVER)
