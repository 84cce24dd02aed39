"""What is around all that happened, read once: services, who was on call, how people are reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from escalation.core.policy import Policy
from escalation.loading import policy_of
from escalation.models import Service
from escalation.targets import Ahead
from oncall.core.span import Span
from oncall.models import Schedule
from oncall.selectors import final_shifts
from paging import loading
from paging.actions.pages import ANYBODYS
from paging.core.rules import INFO, LOW, Method, Moment, Rule, moments
from paging.models import ContactMethod
from people.models import User
from watchbill.provisioning.demo_history.signals import PLATFORM, SHOP
from watchbill.provisioning.demo_history.story import SEED, Duty

BACK = timedelta(days=92)
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class World:
    """`ended`: when each alert was over, by its key; it grows as things happen."""

    services: Mapping[str, Service]
    policies: Mapping[str, Policy]
    on_call: Ahead
    users: Mapping[int, User]
    methods: Mapping[int, Sequence[Method]]
    rules: Mapping[tuple[int, str], Sequence[Rule]]
    contacts: Mapping[int, ContactMethod]
    chance: Random
    ended: dict[str, list[datetime]] = field(default_factory=dict)

    def moments(self, user: int, urgency: str) -> tuple[Moment, ...]:
        """By what this person is reached, and when."""
        rules = self.rules.get((user, LOW if urgency == INFO else urgency), ())
        return moments(rules, self.methods[user], urgency=urgency)


def world(now: datetime) -> World:
    services = {one.name: one for one in Service.objects.select_related("team", "policy")}
    policies = {name: policy_of(one) for name, one in services.items()}
    targets = [target for policy in policies.values() for target in policy.targets()]
    people = set(User.objects.filter(is_active=True).values_list("pk", flat=True))
    users, methods = loading.reached(people, ANYBODYS)
    return World(
        services=services,
        policies=policies,
        on_call=Ahead(targets, teams=(), since=now - BACK - DAY, until=now),
        users=users,
        methods=methods,
        rules=loading.rules(people),
        contacts=ContactMethod.objects.in_bulk(),
        chance=Random(SEED),  # noqa: S311 - a story, no secret
    )


def duties(now: datetime) -> list[Duty]:
    """Who was paged first in the last three months, as the schedules say."""
    users, found = User.objects.in_bulk(), []
    for team in (SHOP, PLATFORM):
        schedule = Schedule.objects.get(name=team)
        for shift in final_shifts(schedule, since=now - BACK, until=now, role="primary"):
            if shift.user is not None:
                user = users[shift.user]
                span = Span(shift.start, shift.end)
                found.append(Duty(team, user.username, ZoneInfo(user.time_zone), span))
    return found
