"""What happens if nobody answers, from rows: who, when and how, by the same machine that will do it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from escalation import targets
from escalation.core import plan
from escalation.core.decision import PageManagers, PageTargets
from escalation.core.incident import Urgency
from escalation.core.policy import Policy
from escalation.core.stimulus import Triggered
from escalation.core.turns import Key, Turns
from escalation.loading import policy_of, service_urgency, state_of
from escalation.models import Incident, Service
from escalation.quiet.rules import in_force, meaning
from escalation.quiet.windows import in_maintenance, quiet_of, windows_of
from paging import loading as paging
from paging.core.rules import HOOK, moments

WEBHOOK = "webhook"
READ_AHEAD = timedelta(days=31)


def simulate(
    service: Service,
    *,
    severity: str,
    at: datetime,
    labels: Mapping[str, str] | None = None,
    urgent: str = "",
) -> list[plan.PlannedMessage]:
    """Who would be paged if an alert of this severity and with these labels came at `at`, by the rules that
    are in force then, and nobody answered. `urgent` is high or low where a routing rule says so.
    """
    urgency, raise_at = service_urgency(service, severity, at=at)
    if urgent:
        urgency, raise_at = Urgency(urgent), None
    ruled = meaning(in_force(service, at=at), labels or {}, severity)
    found = [in_maintenance([service], at=at).get(service.pk), ruled.quiet if ruled else None]
    quiet = max((one for one in found if one is not None), key=lambda one: one.until, default=None)
    stimulus = Triggered(severity=severity, urgency=urgency, raise_at=raise_at, quiet=quiet)
    (maintenance,) = _maintenance([service], at=at).values()
    policy = policy_of(service)
    choose = _chooser(targets.last_turns(policy.targets()))
    return plan.from_trigger(stimulus, policy, _resolver(service, choose), at=at, maintenance=maintenance)


def first_page_of(
    incident: Incident, *, severity: str, at: datetime
) -> tuple[datetime, list[plan.PlannedMessage]] | None:
    """When and whom the incident would first have paged if nothing had kept it quiet at `at` and nobody had
    answered; None where it never would.
    """
    urgency, raise_at = service_urgency(incident.service, severity, at=at)
    stimulus = Triggered(severity=severity, urgency=urgency, raise_at=raise_at)
    policy = Policy.from_json(incident.policy)
    choose = _chooser(targets.last_turns(policy.targets()), incident)
    return plan.first_page(stimulus, policy, _resolver(incident.service, choose), at=at)


def plan_of(incident: Incident, *, now: datetime) -> list[plan.PlannedMessage]:
    """What is still to come for an incident, if nobody answers. Messages of steps that ran already are
    in the outbox, not here.
    """
    policy, service = Policy.from_json(incident.policy), incident.service
    (maintenance,) = _maintenance([service], at=now).values()
    choose = _chooser(targets.last_turns(policy.targets()), incident)
    messages = plan.ahead(state_of(incident), policy, _resolver(service, choose), maintenance=maintenance)
    return [message for message in messages if message.at >= now]


def next_of(incidents: Sequence[Incident], *, now: datetime) -> dict[int, plan.PlannedMessage]:
    """By incident, the first of `plan_of`, found without the others; those with none are left out.

    As many queries for many incidents as for one, unless nobody is paged for a month.
    """
    policies = {row.pk: Policy.from_json(row.policy) for row in incidents}
    states = {row.pk: state_of(row) for row in incidents}
    wanted = [target for policy in policies.values() for target in policy.targets()]
    last = targets.last_turns(wanted)
    waking = (states[pk].wake_at(policy) for pk, policy in policies.items())
    ahead = targets.Ahead(
        wanted,
        teams={row.service.team_id for row in incidents if row.service.team_id is not None},
        since=min([now, *(at for at in waking if at is not None)]),
        until=now + READ_AHEAD,
    )
    reached = {one.user: one for one in _reached(sorted(ahead.people | ahead.webhooks))}
    maintenance = _maintenance([row.service for row in incidents], at=now)
    found = {
        row.pk: plan.first_ahead(
            states[row.pk],
            policies[row.pk],
            _resolver_of(row.service, _chooser(last, row), ahead, reached),
            now=now,
            maintenance=maintenance[row.service_id],
        )
        for row in incidents
    }
    return {pk: first for pk, first in found.items() if first is not None}


def _chooser(last: Mapping[Key, str], incident: Incident | None = None) -> targets.Choose:
    """Whose turn it would be at each step, with nobody's turn taken. `last`: by list, as the turns stand."""
    asked = {} if incident is None else dict(incident.picked or {})
    return partial(Turns(last).take, asked=asked)


def _maintenance(services: Iterable[Service], *, at: datetime) -> dict[int, plan.Maintenance]:
    """By service, what keeps it from paging from `at` on. One query, and none where none has windows."""
    known = {service.pk: service.has_maintenance for service in services}
    windows = windows_of([pk for pk, has in known.items() if has], at=at)
    return {pk: partial(quiet_of, windows[pk]) if pk in windows else plan.never for pk in known}


def _resolver_of(
    service: Service, choose: targets.Choose, ahead: targets.Ahead, reached: Mapping[int, plan.Reached]
) -> plan.Resolve:
    """Asks what was read; later than that, the database."""
    later = _resolver(service, choose)

    def resolve(decision: PageTargets | PageManagers, at: datetime) -> Sequence[plan.Reached]:
        if at >= ahead.until:
            return later(decision, at)
        if isinstance(decision, PageTargets):
            users = [one.user for one in ahead.recipients(decision.targets, choose, at=at)]
        else:
            users = ahead.managers(service.team_id)
        return [reached[user] for user in users]

    return resolve


def _resolver(service: Service, choose: targets.Choose) -> plan.Resolve:
    """Asks who is on call at each step's own time; how each person is reached is asked once."""
    known: dict[int, plan.Reached] = {}

    def resolve(decision: PageTargets | PageManagers, at: datetime) -> Sequence[plan.Reached]:
        if isinstance(decision, PageTargets):
            users = [one.user for one in targets.recipients(decision.targets, choose, at=at)]
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
                (WEBHOOK if moment.method.kind == HOOK else moment.method.kind, moment.after)
                for moment in moments(rules.get((user, "high"), ()), methods.get(user, ()), urgency="high")
            ],
            person=all(method.kind != HOOK for method in methods.get(user, ())),
        )
        for user in users
    ]
