"""Who may do what. Asked at doors; verbs below trust their caller.

Everyone who can log in sees who is on call and the incidents, and may acknowledge and resolve: at 3 a.m.
nobody should be told that they may not help. Managers see every page of the admin and edit what belongs
to their own teams. Superusers may do everything.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Model, Q

from people.models import Membership, Team, User

MANAGED_APPS = frozenset(
    {"people", "oncall", "escalation", "paging", "ledger", "watch", "compensation", "reports"}
)
PRIVATE = frozenset({"pay", "rest"})
"""What the ledger, and notices, are about where their number is a person's, and nobody but that person, the
managers of their teams, and superusers may read of it."""
VIEW_ONLY = frozenset(
    {
        "compensation.statement",
        "compensation.statementline",
        "escalation.hookdelivery",
        "escalation.hooktry",
        "ledger.entry",
        "paging.attempt",
        "paging.inbound",
        "paging.notification",
        "paging.page",
        "people.apitoken",
        "reports.delivery",
        "reports.followup",
        "reports.storedreport",
        "watch.trouble",
    }
)


def is_manager(user: User) -> bool:
    return bool(managed_team_ids(user))


def managed_team_ids(user: User) -> frozenset[int]:
    """The teams a person manages, asked once for each request's user."""
    cached: frozenset[int] | None = getattr(user, "_managed_team_ids", None)
    if cached is None:
        cached = frozenset(
            Membership.objects.filter(user_id=user.pk, role=Membership.Role.MANAGER).values_list(
                "team_id", flat=True
            )
        )
        user._managed_team_ids = cached  # type: ignore[attr-defined]  # noqa: SLF001
    return cached


def may_edit_team(user: User, team: Team | None) -> bool:
    """A manager edits their own teams' things, and things of no team."""
    if user.is_superuser:
        return True
    managed = managed_team_ids(user)
    return bool(managed) if team is None else team.pk in managed


def readable(user: User, *, kind: str, number: str) -> Q:
    """The rows that `user` may read, of a model whose fields of these names say what each is about: all but
    those about private things of people who are in none of the teams they manage.
    """
    if user.is_superuser:
        return Q()
    theirs = Membership.objects.filter(team__in=managed_team_ids(user)).values("user")
    return ~Q(**{f"{kind}__in": PRIVATE}) | Q(**{number: user.pk}) | Q(**{f"{number}__in": theirs})


class ManagerBackend(BaseBackend):
    """Gives staff who manage a team the admin's view, add and change permissions; never delete."""

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        if not isinstance(user_obj, User) or not (user_obj.is_active and user_obj.is_staff):
            return False
        app, _, codename = perm.partition(".")
        action, _, model = codename.partition("_")
        if app not in MANAGED_APPS or not is_manager(user_obj):
            return False
        if f"{app}.{model}" in VIEW_ONLY:
            return action == "view"
        return action in {"view", "add", "change"}

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return (
            isinstance(user_obj, User)
            and user_obj.is_active
            and user_obj.is_staff
            and app_label in MANAGED_APPS
            and is_manager(user_obj)
        )
