"""Whom a target means right now. Who is on call is asked when a step fires, never before."""

from collections.abc import Collection, Iterable, Sequence
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


class Now:
    """Whom targets mean at `at`, of rows that are read once, however many ask. Shadows and people who have
    left are never paged. At most three queries more than the resolver's own.
    """

    def __init__(self, targets: Sequence[Target], *, at: datetime) -> None:
        self._on_call = oncall.on_call(_schedules(targets), at=at)
        self._members = _members(_teams(targets))
        self._gone = _gone(targets)

    def recipients(self, targets: Sequence[Target]) -> list[Recipient]:
        """The people meant by some of them, each once, in the order of the targets."""
        found = _meant(targets, self._on_call, self._members)
        return [Recipient(user, because) for user, because in found.items() if user not in self._gone]


def recipients(targets: Sequence[Target], *, at: datetime) -> list[Recipient]:
    """The people meant by `targets` at `at`, each once, in the order of the targets."""
    return Now(targets, at=at).recipients(targets)


class Ahead:
    """The same at any instant of [since, until), of rows that are read once, however many ask: for what is
    only foretold. `teams` are those whose managers may be asked for.
    """

    def __init__(
        self, targets: Sequence[Target], *, teams: Iterable[int], since: datetime, until: datetime
    ) -> None:
        self.until = until
        self._oncall = oncall.Ahead(_schedules(targets), since=since, until=until)
        self._members = _members(_teams(targets) | set(teams))
        named = {target.user for target in targets if target.user is not None}
        self.people = _active(self._oncall.people().union(named, *self._members.values()))

    def recipients(self, targets: Sequence[Target], *, at: datetime) -> list[int]:
        """The people meant by `targets`, as `recipients` has them."""
        found = _meant(targets, self._oncall.on_call(_schedules(targets), at=at), self._members)
        return [user for user in found if user in self.people]

    def managers(self, team_id: int | None) -> list[int]:
        """The active managers of one of the teams."""
        found = () if team_id is None else self._members.get((team_id, Membership.Role.MANAGER), ())
        return [user for user in found if user in self.people]


def managers(teams: Collection[int]) -> dict[int, list[Recipient]]:
    """The active managers of each team that has any, by username."""
    found: dict[int, list[Recipient]] = {}
    rows = Membership.objects.filter(
        team_id__in=teams, role=Membership.Role.MANAGER, user__is_active=True
    ).order_by("user__username")
    for row in rows:
        found.setdefault(row.team_id, []).append(Recipient(row.user_id, "manager of the team"))
    return found


def _schedules(targets: Sequence[Target]) -> set[int]:
    return {target.schedule for target in targets if target.schedule is not None}


def _teams(targets: Sequence[Target]) -> set[int]:
    return {target.team for target in targets if target.team is not None}


def _meant(
    targets: Sequence[Target],
    on_call: dict[tuple[int, str], tuple[int, ...]],
    members: dict[tuple[int, str], list[int]],
) -> dict[int, str]:
    """Everyone meant, who has left as well, each with the first target that means them."""
    found: dict[int, str] = {}
    for target in targets:
        for user in _people(target, on_call, members):
            found.setdefault(user, target.label)
    return found


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


def _members(teams: Collection[int]) -> dict[tuple[int, str], list[int]]:
    members: dict[tuple[int, str], list[int]] = {}
    if teams:
        rows = Membership.objects.filter(team_id__in=teams, user__is_active=True).order_by("user__username")
        for row in rows:
            members.setdefault((row.team_id, row.role), []).append(row.user_id)
    return members


def _gone(targets: Sequence[Target]) -> set[int]:
    """Of the people named by targets, those who have left. Of a roster or a team nobody has."""
    named = {target.user for target in targets if target.user is not None}
    return named - _active(named) if named else set()


def _active(users: Iterable[int]) -> set[int]:
    wanted = list(users)
    return (
        set(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
        if wanted
        else set()
    )
