"""Whom a target means right now. Who is on call is asked when a step fires, never before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from escalation.core.policy import Target
from oncall import selectors as oncall
from people.models import Membership, User


@dataclass(frozen=True)
class Recipient:
    """One person to page, and why it is them (“primary of Checkout”)."""

    user: int
    because: str


def recipients(targets: Sequence[Target], *, at: datetime) -> list[Recipient]:
    """The people meant by `targets` at `at`, each once, in the order of the targets. Shadows and people
    who have left are never paged. At most three queries more than the resolver's own.
    """
    on_call = oncall.on_call({target.schedule for target in targets if target.schedule is not None}, at=at)
    members = _members(targets)
    found: dict[int, str] = {}
    for target in targets:
        for user in _people(target, on_call, members):
            found.setdefault(user, target.label)
    active = _active(found)
    return [Recipient(user, because) for user, because in found.items() if user in active]


def managers(team_id: int | None) -> list[Recipient]:
    """The active managers of a team."""
    if team_id is None:
        return []
    rows = Membership.objects.filter(
        team_id=team_id, role=Membership.Role.MANAGER, user__is_active=True
    ).order_by("user__username")
    return [Recipient(row.user_id, "manager of the team") for row in rows]


def _people(
    target: Target,
    on_call: dict[tuple[int, str], tuple[int, ...]],
    members: dict[tuple[int, str], list[int]],
) -> Iterable[int]:
    if target.schedule is not None:
        return on_call.get((target.schedule, target.role or "primary"), ()) if target.role != "shadow" else ()
    if target.user is not None:
        return (target.user,)
    if target.team is not None:
        roles = (target.role,) if target.role else (Membership.Role.RESPONDER, Membership.Role.MANAGER)
        return [user for role in roles for user in members.get((target.team, role), ())]
    return ()


def _members(targets: Sequence[Target]) -> dict[tuple[int, str], list[int]]:
    teams = {target.team for target in targets if target.team is not None}
    members: dict[tuple[int, str], list[int]] = {}
    if teams:
        rows = Membership.objects.filter(team_id__in=teams).order_by("user__username")
        for row in rows:
            members.setdefault((row.team_id, row.role), []).append(row.user_id)
    return members


def _active(users: Iterable[int]) -> set[int]:
    wanted = list(users)
    return (
        set(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
        if wanted
        else set()
    )
