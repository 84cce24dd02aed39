"""Who may change who is on call, and who keeps whose time off. Asked at doors; verbs trust their caller."""

from datetime import datetime

from django.db.models import Q, QuerySet

from oncall.models import Schedule, Swap
from oncall.standins import stands_in
from people.models import User
from people.permissions import managed_team_ids, may_edit_team


def may_override(user: User, schedule: Schedule, *, now: datetime) -> bool:
    """Managers of the schedule's team, superusers, and those who stand in it now or later."""
    return may_edit_team(user, schedule.team) or stands_in(user, schedule, at=now)


def may_ask(user: User, schedule: Schedule, giver: User) -> bool:
    """Ask others to carry what `giver` carries: the giver, and managers of the schedule's team."""
    return user.pk == giver.pk or may_edit_team(user, schedule.team)


def may_decide(user: User, swap: Swap) -> bool:
    """Approve it: managers of the schedule's team, but for its giver and its taker; superusers always."""
    if user.is_superuser:
        return True
    return user.pk not in {swap.giver_id, swap.taker_id} and may_edit_team(user, swap.schedule.team)


def may_decline(user: User, swap: Swap) -> bool:
    """Say no: whoever decides it, and the one person who was asked."""
    return user.pk == swap.offered_to_id or may_decide(user, swap)


def may_withdraw(user: User, swap: Swap) -> bool:
    """Take it back: its giver, and managers of the schedule's team."""
    return may_ask(user, swap.schedule, swap.giver)


def may_keep_time_off(user: User, person: User) -> bool:
    """See why `person` is away, enter it and cancel it: oneself, and managers of a team of theirs."""
    return keeps_time_off_of(user).filter(pk=person.pk).exists()


def keeps_time_off_of(user: User) -> QuerySet[User]:
    """Those whose time off `user` may see and change: themselves, and the people of teams they manage."""
    if user.is_superuser:
        return User.objects.all()
    teams = managed_team_ids(user)
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=User.objects.filter(memberships__team__in=teams)))
