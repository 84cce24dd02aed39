"""What happens if nobody answers, from rows: who, when and how, by the same machine that will do it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from escalation import targets
from escalation.core import plan
from escalation.core.decision import PageManagers, PageTargets
from escalation.core.policy import Policy
from escalation.core.stimulus import Triggered
from escalation.loading import policy_of, service_urgency, state_of
from escalation.models import Incident, Service
from escalation.quiet.rules import in_force, meaning
from paging import loading as paging
from paging.core.rules import moments

READ_AHEAD = timedelta(days=31)


def simulate(
    service: Service, *, severity: str, at: datetime, labels: Mapping[str, str] | None = None
) -> list[plan.PlannedMessage]:
    """Who would be paged if an alert of this severity and with these labels came at `at`, by the rules that
    are in force then, and nobody answered.
    """
    urgency, raise_at = service_urgency(service, severity, at=at)
    found = meaning(in_force(service, at=at), labels or {}, severity)
    quiet = found.quiet if found else None
    stimulus = Triggered(severity=severity, urgency=urgency, raise_at=raise_at, quiet=quiet)
    return plan.from_trigger(stimulus, policy_of(service), _resolver(service), at=at)


def first_page_of(
    incident: Incident, *, severity: str, at: datetime
) -> tuple[datetime, list[plan.PlannedMessage]] | None:
    """When and whom the incident would first have paged if nothing had kept it quiet at `at` and nobody had
    answered; None where it never would.
    """
    urgency, raise_at = service_urgency(incident.service, severity, at=at)
    stimulus = Triggered(severity=severity, urgency=urgency, raise_at=raise_at)
    policy = Policy.from_json(incident.policy)
    return plan.first_page(stimulus, policy, _resolver(incident.service), at=at)


def plan_of(incident: Incident, *, now: datetime) -> list[plan.PlannedMessage]:
    """What is still to come for an incident, if nobody answers. Messages of steps that ran already are
    in the outbox, not here.
    """
    policy = Policy.from_json(incident.policy)
    messages = plan.ahead(state_of(incident), policy, _resolver(incident.service))
    return [message for message in messages if message.at >= now]


def next_of(incidents: Sequence[Incident], *, now: datetime) -> dict[int, plan.PlannedMessage]:
    """By incident, the first of `plan_of`, found without the others; those with none are left out.

    As many queries for many incidents as for one, unless nobody is paged for a month.
    """
    policies = {row.pk: Policy.from_json(row.policy) for row in incidents}
    states = {row.pk: state_of(row) for row in incidents}
    waking = (states[pk].wake_at(policy) for pk, policy in policies.items())
    ahead = targets.Ahead(
        [target for policy in policies.values() for target in policy.targets()],
        teams={row.service.team_id for row in incidents if row.service.team_id is not None},
        since=min([now, *(at for at in waking if at is not None)]),
        until=now + READ_AHEAD,
    )
    reached = {one.user: one for one in _reached(sorted(ahead.people))}
    found = {
        row.pk: plan.first_ahead(
            states[row.pk], policies[row.pk], _resolver_of(row.service, ahead, reached), now=now
        )
        for row in incidents
    }
    return {pk: first for pk, first in found.items() if first is not None}


def _resolver_of(service: Service, ahead: targets.Ahead, reached: Mapping[int, plan.Reached]) -> plan.Resolve:
    """Asks what was read; later than that, the database."""
    later = _resolver(service)

    def resolve(decision: PageTargets | PageManagers, at: datetime) -> Sequence[plan.Reached]:
        if at >= ahead.until:
            return later(decision, at)
        if isinstance(decision, PageTargets):
            users = ahead.recipients(decision.targets, at=at)
        else:
            users = ahead.managers(service.team_id)
        return [reached[user] for user in users]

    return resolve


def _resolver(service: Service) -> plan.Resolve:
    """Asks who is on call at each step's own time; how each person is reached is asked once."""
    known: dict[int, plan.Reached] = {}

    def resolve(decision: PageTargets | PageManagers, at: datetime) -> Sequence[plan.Reached]:
        if isinstance(decision, PageTargets):
            users = [one.user for one in targets.recipients(decision.targets, at=at)]
        else:
            team = service.team_id or 0
            users = [one.user for one in targets.managers([team]).get(team, ())]
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
