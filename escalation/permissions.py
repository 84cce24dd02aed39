"""Who may silence alerts, and let them page again. Asked at doors; verbs trust their caller."""

from django.db.models import QuerySet

from escalation.models import AlertRule, Service
from people.models import Membership, User
from people.permissions import may_edit_team


def may_silence(user: User, service: Service) -> bool:
    """Those who carry its team's pager, its managers, and superusers."""
    return may_edit_team(user, service.team) or _carries(user).filter(team=service.team_id).exists()


def may_change_rule(user: User, rule: AlertRule) -> bool:
    """Whoever may silence the service. Its owner may end it whatever their team is (`may_end_rule`)."""
    return may_silence(user, rule.service)


def may_end_rule(user: User, rule: AlertRule) -> bool:
    return user.pk == rule.owner_id or may_silence(user, rule.service)


def silenceable(user: User) -> QuerySet[Service]:
    """The services in use of which this person may silence alerts, by name."""
    services = Service.objects.filter(retired_at=None).select_related("team").order_by("name")
    allowed = [service.pk for service in services if may_silence(user, service)]
    return services.filter(pk__in=allowed)


def _carries(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user).exclude(role=Membership.Role.OBSERVER)
