"""Who may change a pay plan, and who may look at it.

Managers change the plans that pay a team of theirs, and superusers change any; nobody changes a plan that
pays or has paid themselves, superusers included. Where there is nobody else who could, as in a company of
five with one administrator, that superuser may, and the ledger says that the plan pays them.
"""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from oncall.compensation.loading.holidays import lies_in
from oncall.compensation.models import Assignment, PayPlan
from oncall.compensation.selectors import people_seen
from people.models import Membership, Team, User
from people.permissions import managed_team_ids

ITSELF = "by somebody whom it pays: there is nobody else who could"


def seen(user: User) -> QuerySet[PayPlan]:
    """All, but those that pay, or have paid, by name somebody whose pay `user` may not see: their rate is
    theirs. Who manages somebody, or a team, that such a plan pays, sees it all the same.
    """
    plans = PayPlan.objects.all()
    if user.is_superuser:
        return plans
    shown = people_seen(user)
    others = Assignment.objects.filter(user__isnull=False).exclude(user__in=shown)
    theirs = Assignment.objects.filter(
        Q(user__in=shown.exclude(pk=user.pk)) | Q(team__in=managed_team_ids(user))
    )
    hidden = Q(pk__in=others.values("version__plan")) & ~Q(pk__in=theirs.values("version__plan"))
    return plans.exclude(hidden)


def may_change(user: User, plan: PayPlan) -> bool:
    if not user.is_superuser and not managed_team_ids(user) & _teams(plan):
        return False
    return not pays(plan, user) or (user.is_superuser and not _somebody_else(plan, user))


def pays(plan: PayPlan, user: User) -> bool:
    """Whether it pays or has paid them: by name, with a team of theirs, or with the place where they live."""
    rows = Assignment.objects.filter(version__plan=plan)
    teams = Membership.objects.filter(user=user).values("team")
    places = rows.exclude(place="").values_list("place", flat=True)
    mine = rows.filter(Q(user=user) | Q(team__in=teams)).exists()
    return mine or any(lies_in(user.holidays, place) for place in places)


def would_pay(
    user: User, *, people: Collection[User], teams: Collection[Team], places: Iterable[str]
) -> bool:
    """Whether a version for those would pay them."""
    mine = user in people or Membership.objects.filter(user=user, team__in=teams).exists()
    return mine or any(lies_in(user.holidays, place) for place in places)


def _somebody_else(plan: PayPlan, user: User) -> bool:
    """Whether another superuser, or a manager of a team that it pays, is not paid by it."""
    manages = Q(memberships__role=Membership.Role.MANAGER, memberships__team__in=_teams(plan))
    others = User.objects.filter(Q(is_superuser=True) | manages, is_active=True, is_staff=True)
    return any(not pays(plan, other) for other in others.exclude(pk=user.pk).distinct())


def _teams(plan: PayPlan) -> frozenset[int]:
    rows = Assignment.objects.filter(version__plan=plan, until=None, team__isnull=False)
    return frozenset(rows.values_list("team_id", flat=True))
