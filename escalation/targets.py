"""Whom a target means right now. Who is on call is asked when a step fires, never before."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from escalation.core.policy import Target
from escalation.core.turns import Choice, Key, Turns, key_of
from escalation.models import TeamTurn
from oncall import selectors as oncall
from paging.loading import usable_methods
from people.models import Membership, User

Choose = Callable[[Key, Mapping[str, bool]], Choice]
"""Of a list that is asked in turn: whom to ask, given its people by username and whether each is reached."""
OnCall = Mapping[tuple[int, str], tuple[int, ...]]


@dataclass(frozen=True)
class Recipient:
    """One to page, and why it is them (“primary of Checkout”). `passed_over`: the names of those whose turn
    it was before theirs and whom nothing reaches. `person`: not what stands for a webhook.
    """

    user: int
    because: str
    passed_over: tuple[str, ...] = ()
    person: bool = True


class Member(NamedTuple):
    user: int
    username: str
    name: str


class Meaning:
    """What targets mean, of rows that are read once, however many ask. Shadows and people who have left are
    never paged. A query more where a list is asked in turn.
    """

    def __init__(self, targets: Sequence[Target], members: Mapping[tuple[int, str], list[Member]]) -> None:
        self._members = members
        self.people: set[int] = set()
        turned = [one.user for target in targets if target.pick for one in self._of_team(target)]
        self._reached = usable_methods(turned).keys() if turned else frozenset()

    def named(self, targets: Sequence[Target], on_call: OnCall) -> Iterator[int]:
        """Everyone meant, who has left and whose turn it is not as well."""
        for target in targets:
            yield from self._named(target, on_call)

    def recipients(self, targets: Sequence[Target], on_call: OnCall, choose: Choose) -> dict[int, Recipient]:
        """Each once, in the order of the targets, with the first target that means them."""
        found: dict[int, Recipient] = {}
        for target in targets:
            for one in self._in_turn(target, choose) if target.pick else self._all(target, on_call):
                found.setdefault(one.user, one)
        return found

    def _all(self, target: Target, on_call: OnCall) -> Iterator[Recipient]:
        if target.webhook is not None:
            yield Recipient(target.webhook, target.label, person=False)
        for user in self._named(target, on_call):
            if user in self.people:
                yield Recipient(user, target.label)

    def _in_turn(self, target: Target, choose: Choose) -> list[Recipient]:
        active = {one.username: one for one in self._of_team(target) if one.user in self.people}
        reached = {name: one.user in self._reached for name, one in active.items()}
        names, passed = choose(key_of(target.team or 0, target.role), reached) if active else ([], [])
        over = tuple(active[name].name or name for name in passed)
        return [Recipient(active[name].user, target.label, over) for name in names]

    def _named(self, target: Target, on_call: OnCall) -> Iterable[int]:
        if target.schedule is not None:
            key = (target.schedule, target.role or "primary")
            return on_call.get(key, ()) if target.role != "shadow" else ()
        if target.user is not None:
            return (target.user,)
        return [one.user for one in self._of_team(target)]

    def _of_team(self, target: Target) -> list[Member]:
        if target.team is None:
            return []
        roles = (target.role,) if target.role else (Membership.Role.RESPONDER, Membership.Role.MANAGER)
        return [one for role in roles for one in self._members.get((target.team, role), ())]


class Now:
    """Whom targets mean at `at`. At most three queries more than the resolver's own, and one for turns."""

    def __init__(self, targets: Sequence[Target], *, at: datetime) -> None:
        self._on_call = oncall.on_call(_schedules(targets), at=at)
        self._meaning = Meaning(targets, _members(_teams(targets)))
        self._meaning.people = set(self._meaning.named(targets, self._on_call)) - _gone(targets)

    def recipients(self, targets: Sequence[Target], choose: Choose) -> list[Recipient]:
        """Those meant by some of them, each once, in the order of the targets."""
        return list(self._meaning.recipients(targets, self._on_call, choose).values())


def recipients(targets: Sequence[Target], choose: Choose, *, at: datetime) -> list[Recipient]:
    """The people meant by `targets` at `at`, each once, in the order of the targets."""
    return Now(targets, at=at).recipients(targets, choose)


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
        self._meaning = Meaning(targets, self._members)
        named = {target.user for target in targets if target.user is not None}
        members = ({one.user for one in some} for some in self._members.values())
        self.people = self._meaning.people = _active(self._oncall.people().union(named, *members))
        self.webhooks = {target.webhook for target in targets if target.webhook is not None}

    def recipients(self, targets: Sequence[Target], choose: Choose, *, at: datetime) -> list[Recipient]:
        """Those meant by `targets`, as `recipients` has them."""
        on_call = self._oncall.on_call(_schedules(targets), at=at)
        return list(self._meaning.recipients(targets, on_call, choose).values())

    def managers(self, team_id: int | None) -> list[int]:
        """The active managers of one of the teams."""
        found = () if team_id is None else self._members.get((team_id, Membership.Role.MANAGER), ())
        return [one.user for one in found if one.user in self.people]


def usernames(users: Collection[int]) -> set[str]:
    return set(User.objects.filter(pk__in=users).values_list("username", flat=True))


def managers(teams: Collection[int]) -> dict[int, list[Recipient]]:
    """The active managers of each team that has any, by username."""
    found: dict[int, list[Recipient]] = {}
    rows = Membership.objects.filter(
        team_id__in=teams, role=Membership.Role.MANAGER, user__is_active=True
    ).order_by("user__username")
    for row in rows:
        found.setdefault(row.team_id, []).append(Recipient(row.user_id, "manager of the team"))
    return found


def lists_in_turn(targets: Iterable[Target]) -> set[tuple[int, str]]:
    """Team and role of each list of which one person is asked at a time."""
    return {(target.team, target.role) for target in targets if target.pick and target.team is not None}


def last_turns(targets: Iterable[Target]) -> dict[Key, str]:
    """By list, whom a new incident asked last. No query where no list is asked in turn."""
    wanted = lists_in_turn(targets)
    rows = TeamTurn.objects.filter(team__in={team for team, _ in wanted}) if wanted else ()
    return {key_of(row.team_id, row.role): row.last for row in rows}


def turns_of(targets: Iterable[Target]) -> Turns:
    """The turns as they stand, to look at."""
    return Turns(last_turns(targets))


def _schedules(targets: Sequence[Target]) -> set[int]:
    return {target.schedule for target in targets if target.schedule is not None}


def _teams(targets: Sequence[Target]) -> set[int]:
    return {target.team for target in targets if target.team is not None}


def _members(teams: Collection[int]) -> dict[tuple[int, str], list[Member]]:
    members: dict[tuple[int, str], list[Member]] = {}
    if teams:
        rows = Membership.objects.filter(team_id__in=teams, user__is_active=True).order_by("user__username")
        said = rows.values_list("team_id", "role", "user_id", "user__username", "user__name")
        for team, role, user, username, name in said:
            members.setdefault((team, role), []).append(Member(user, username, name))
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
