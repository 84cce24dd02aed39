"""What every carrier needs: who does it, when, and the rows that names stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oncall.models import Schedule
from people.ledger.record import Actor
from people.models import Team, User


@dataclass
class Context:
    """`zones`: in which zone each schedule's times are said. `founding`: the schedules that this apply
    creates, whose overrides may lie in the past. `leavers` are deactivated when all else is done.
    """

    by: Actor
    now: datetime
    zones: Mapping[str, str]
    founding: set[str] = field(default_factory=set)
    leavers: list[User] = field(default_factory=list)

    def user(self, name: str) -> User:
        return User.objects.get(username=name)

    def users(self, names: Iterable[str]) -> dict[str, User]:
        return {user.username: user for user in User.objects.filter(username__in=set(names))}

    def team(self, name: str | None) -> Team | None:
        return Team.objects.get(name=name) if name else None

    def schedule(self, name: str) -> Schedule:
        return Schedule.objects.get(name=name)
