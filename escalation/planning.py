"""What happens if nobody answers, from rows: who, when and how, by the same machine that will do it."""

from collections.abc import Sequence
from datetime import datetime

from escalation import targets
from escalation.core import plan
from escalation.core.decision import PageManagers, PageTargets
from escalation.core.policy import Policy
from escalation.core.stimulus import Triggered
from escalation.loading import policy_of, service_urgency, state_of
from escalation.models import Incident, Service
from paging import loading as paging
from paging.core.rules import moments


def simulate(service: Service, *, severity: str, at: datetime) -> list[plan.PlannedMessage]:
    """Who would be paged if an alert of this severity came at `at` and nobody answered."""
    urgency, raise_at = service_urgency(service, severity, at=at)
    stimulus = Triggered(severity=severity, urgency=urgency, raise_at=raise_at)
    return plan.from_trigger(stimulus, policy_of(service), _resolver(service), at=at)


def plan_of(incident: Incident, *, now: datetime) -> list[plan.PlannedMessage]:
    """What is still to come for an incident, if nobody answers. Messages of steps that ran already are
    in the outbox, not here.
    """
    policy = Policy.from_json(incident.policy)
    messages = plan.ahead(state_of(incident), policy, _resolver(incident.service))
    return [message for message in messages if message.at >= now]


def next_of(incident: Incident, *, now: datetime) -> plan.PlannedMessage | None:
    """The first of `plan_of`, found without the others."""
    policy = Policy.from_json(incident.policy)
    return plan.first_ahead(state_of(incident), policy, _resolver(incident.service), now=now)


def _resolver(service: Service) -> plan.Resolve:
    """Asks who is on call at each step's own time; how each person is reached is asked once."""
    known: dict[int, plan.Reached] = {}

    def resolve(decision: PageTargets | PageManagers, at: datetime) -> Sequence[plan.Reached]:
        if isinstance(decision, PageTargets):
            users = [one.user for one in targets.recipients(decision.targets, at=at)]
        else:
            users = [one.user for one in targets.managers(service.team_id)]
        known.update({one.user: one for one in _reached([user for user in users if user not in known])})
        return [known[user] for user in users]

    return resolve


def _reached(users: Sequence[int]) -> list[plan.Reached]:
    if not users:
        return []
    methods, rules = paging.usable_methods(users), paging.rules(users)
    return [
        plan.Reached(
            user=user,
            ways=[
                (moment.method.kind, moment.after)
                for moment in moments(rules.get((user, "high"), ()), methods.get(user, ()), urgency="high")
            ],
        )
        for user in users
    ]
