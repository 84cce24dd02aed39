"""What the database holds, said in the document's words. Read in a fixed number of queries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from escalation.actions.rules import Kind
from escalation.models import (
    AlertRule,
    EscalationPolicy,
    Follower,
    Heartbeat,
    HotLine,
    MaintenanceWindow,
    RoutingKey,
    Service,
    Step,
    Target,
    Webhook,
)
from escalation.quiet.windows import live
from oncall.compensation.models import PayBudget
from oncall.models import TimeOff
from paging.actions.pages import NOBODY
from paging.core.rules import HOOK
from paging.models import ContactMethod
from people.models import Team, User
from watchbill.provisioning import load_terms, stored_pay, stored_routing, stored_schedules
from watchbill.provisioning.checking import validate
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.pay import PayPlan
from watchbill.provisioning.document.people import Method, Person
from watchbill.provisioning.document.words import spell_moment
from watchbill.provisioning.durations import spell
from watchbill.provisioning.faults import DocumentFaults, Fault
from watchbill.provisioning.reading import Reading
from watchbill.provisioning.settling import settle
from watchbill.reports.models import Terms


@dataclass(frozen=True)
class Stored:
    """The organisation in force, deactivated people included, and who no document may deactivate. `kept` are
    pay plans, by name, of a document that was applied before anything paid by them, until one is applied
    again; None for one that no document says any more.
    """

    organisation: Organisation
    superusers: frozenset[str]
    kept: Mapping[str, PayPlan | None] = field(default_factory=dict)

    @property
    def zones(self) -> dict[str, str]:
        return {team.name: team.time_zone for team in self.organisation.teams}


def load(*, now: datetime) -> Stored:
    """Everything that is in use at `now`. Raises DocumentFaults where a row says what no document can."""
    users = _users()
    names = {user.pk: user.username for user in users}
    data: dict[str, Any] = {
        "version": 1,
        "users": [_person(user) for user in users],
        "teams": [_team(team, names) for team in _teams()],
        "schedules": list(stored_schedules.schedules(names, now=now)),
        "time_off": list(_time_off(names)),
        "webhooks": list(_webhooks()),
        "escalation_policies": [_policy(policy) for policy in _policies()],
        "services": [_service(service) for service in _services(now)],
        "pay_plans": list(stored_pay.plans(names)),
        "company_days": list(stored_pay.company_days()),
    }
    superusers = frozenset(user.username for user in users if user.is_superuser)
    kept = {name: _kept_plan(body) for name, body in stored_pay.kept()}
    return Stored(settle(_validated(data), zones={}), superusers, kept)


def _kept_plan(body: dict[str, Any]) -> PayPlan | None:
    try:
        return validate(Reading({"version": 1, "pay_plans": [body]})).pay_plans[0]
    except DocumentFaults:
        return None  # its currency, say, is none


def _validated(data: dict[str, Any]) -> Organisation:
    try:
        return validate(Reading(data))
    except DocumentFaults as faults:
        said = [Fault((), f"The database holds what no document can say: {fault}") for fault in faults.faults]
        raise DocumentFaults(said) from None


def implied_methods(*, phone: str, email: str) -> list[Method]:
    """How a person is reached who gave a phone number and an email address."""
    by_phone = [Method(via="sms", address=phone), Method(via="voice", address=phone)] if phone else []
    return [*by_phone, *([Method(via="email", address=email)] if email else [])]


def methods_of(person: Person) -> list[Method]:
    """Every contact method of a stored person."""
    if person.contact_methods is not None:
        return person.contact_methods
    return implied_methods(phone=person.phone, email=person.email)


def _users() -> QuerySet[User]:
    usable = ContactMethod.objects.filter(verified_at__isnull=False, disabled_reason="").order_by("pk")
    return (
        User.objects.exclude(NOBODY)  # FALLBACK_CONTACT and webhooks
        .prefetch_related(Prefetch("contact_methods", usable), "notification_rules")
        .order_by("pk")
        .all()
    )


def _person(user: User) -> dict[str, Any]:
    methods = [{"via": one.kind, "address": one.address} for one in user.contact_methods.all()]
    phone = _phone(methods)
    implied = [one.model_dump() for one in implied_methods(phone=phone, email=user.email)]
    by_address = sorted(methods, key=lambda one: (one["via"], one["address"]))
    usual = by_address == sorted(implied, key=lambda one: (one["via"], one["address"]))
    return {
        "username": user.username,
        "name": user.name,
        "active": user.is_active,
        "email": user.email,
        "phone": phone,
        "contact_methods": None if usual else methods,
        "time_zone": user.time_zone,
        "holidays": user.holidays,
        "notification_rules": _rules(user),
    }


def _phone(methods: list[dict[str, str]]) -> str:
    """The number that is both texted and called."""
    called = {one["address"] for one in methods if one["via"] == "voice"}
    return next((one["address"] for one in methods if one["via"] == "sms" and one["address"] in called), "")


def _rules(user: User) -> dict[str, list[dict[str, str]]] | None:
    rules: dict[str, list[dict[str, str]]] = {}
    for rule in user.notification_rules.all():
        rules.setdefault(rule.urgency, []).append({"via": rule.via, "after": spell(rule.after)})
    return rules or None


def _teams() -> QuerySet[Team]:
    budgets = PayBudget.objects.order_by("since", "currency")
    terms = Terms.objects.order_by("number")
    return (
        Team.objects.select_related("load_mailing")
        .prefetch_related(
            "memberships",
            "load_mailing__to",
            Prefetch("pay_budgets", budgets),
            Prefetch("load_terms", terms),
        )
        .order_by("pk")
    )


def _team(team: Team, names: dict[int, str]) -> dict[str, Any]:
    return {
        "name": team.name,
        "time_zone": team.time_zone,
        "members": {names[member.user_id]: member.role for member in team.memberships.all()},
        "pages_per_shift_budget": team.pages_per_shift_budget,
        "rest_hours": team.rest_hours,
        "swaps_need_approval": team.swaps_need_approval,
        "load_report": load_terms.stored_report(team, names),
        "pay_budgets": [stored_pay.budget(one) for one in team.pay_budgets.all()],
    }


def _time_off(names: dict[int, str]) -> Iterator[dict[str, Any]]:
    entered = TimeOff.objects.filter(cancelled_at=None, calendar=None)
    for away in entered.order_by("start", "end", "user__username", "pk"):
        dates = {"start": away.start.isoformat(), "end": away.end.isoformat()}
        yield {"user": names[away.user_id], **dates, "reason": away.reason}


def _webhooks() -> Iterator[dict[str, Any]]:
    rows = Webhook.objects.filter(retired_at=None).order_by("name")
    usable = ContactMethod.objects.filter(kind=HOOK, disabled_reason="").order_by("pk")
    pointed = {method.user_id: method for method in usable}
    for webhook in rows.select_related("follower").prefetch_related("follower__teams", "follower__services"):
        method = pointed[webhook.pk]
        said = {"name": webhook.name, "url": method.address, "secret": method.signing_secret}
        yield said | {"follows": _follows(getattr(webhook, "follower", None))}


def _follows(row: Follower | None) -> dict[str, Any] | None:
    """None where it follows nothing that is in use."""
    if row is None:
        return None
    if row.everything:
        return {"all": True, "events": row.events}
    services = [service.name for service in row.services.all() if service.retired_at is None]
    teams = [team.name for team in row.teams.all()]
    return {"services": services, "teams": teams, "events": row.events} if services or teams else None


def _policies() -> QuerySet[EscalationPolicy]:
    targets = Target.objects.select_related("schedule", "user", "team", "webhook").order_by("pk")
    steps = Step.objects.prefetch_related(Prefetch("targets", targets)).order_by("position")
    return (
        EscalationPolicy.objects.filter(retired_at=None)
        .prefetch_related(Prefetch("steps", steps))
        .order_by("pk")
    )


def _policy(policy: EscalationPolicy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "repeat": policy.repeat,
        "acknowledgements": policy.acknowledgements,
        "steps": [_step(step) for step in policy.steps.all()],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "timeout": step.timeout and spell(step.timeout),
        "after": step.after and spell(step.after),
        "when": {"severity": step.severities, "hours": step.hours or None},
        "targets": [_target(target) for target in step.targets.all()],
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "schedule": target.schedule and target.schedule.name,
        "user": target.user and target.user.username,
        "team": target.team and target.team.name,
        "role": target.role or None,
        "pick": target.pick or None,
        "webhook": target.webhook and target.webhook.name,
    }


def _services(now: datetime) -> QuerySet[Service]:
    windows = live(at=now).order_by("start", "pk")
    rules = AlertRule.objects.filter(ended_at=None, ends_at__gt=now).select_related("owner").order_by("pk")
    keys = RoutingKey.objects.filter(revoked_at=None).order_by("pk")
    lines = HotLine.objects.filter(retired_at=None).order_by("pk")
    heartbeats = Heartbeat.objects.filter(retired_at=None).order_by("pk")
    services = Service.objects.filter(retired_at=None).select_related("team", "policy").order_by("pk")
    return services.prefetch_related(
        Prefetch("routing_keys", keys),
        Prefetch("hot_lines", lines),
        Prefetch("heartbeats", heartbeats),
        Prefetch("maintenance", windows),
        Prefetch("alert_rules", rules),
        stored_routing.ROWS,
    )


def _key(row: RoutingKey) -> dict[str, Any]:
    return {
        "name": row.name,
        "key": row.key,
        "signing_secret": row.signing_secret or None,
        "events_per_minute": row.events_per_minute,
        "mapping": row.mapping or None,
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        **service.extras,  # first: what an earlier version kept there is not in force
        "name": service.name,
        "team": service.team and service.team.name,
        "escalation_policy": service.policy.name,
        "acknowledgement_timeout": spell(service.acknowledgement_timeout),
        "support_hours": service.support_hours or None,
        "urgency": service.urgency,
        "runbooks": service.runbooks,
        "severities": service.severities,
        "severity_rules": service.severity_rules,
        "grouping": _grouping(service),
        "routing_keys": [_key(key) for key in service.routing_keys.all()],
        "hot_lines": [line.number for line in service.hot_lines.all()],
        "heartbeats": [_heartbeat(one) for one in service.heartbeats.all()],
        "auto_resolve_after": service.auto_resolve_after and spell(service.auto_resolve_after),
        "maintenance": [_maintenance(window) for window in service.maintenance.all()],
        "suppress": [_rule(one, "owner") for one in service.alert_rules.all() if one.kind == Kind.SUPPRESS],
        "trials": [_rule(one, "author") for one in service.alert_rules.all() if one.kind == Kind.TRIAL],
        "routing": stored_routing.routing(service),
    }


def _rule(rule: AlertRule, answers: str) -> dict[str, Any]:
    return {
        "match": rule.match,
        answers: rule.owner.username,
        "until": spell_moment(rule.ends_at.astimezone(UTC)),
        "reason": rule.reason,
        "severities": rule.severities,
    }


def _maintenance(window: MaintenanceWindow) -> dict[str, Any]:
    times = (datetime.fromisoformat(window.start), datetime.fromisoformat(window.end))
    return {
        **dict(zip(("start", "end"), map(spell_moment, times), strict=True)),
        "time_zone": window.time_zone,
        "repeat": window.repeat or None,
        "until": window.until and window.until.isoformat(),
        "reason": window.reason,
    }


def _heartbeat(row: Heartbeat) -> dict[str, Any]:
    return {
        "name": row.name,
        "every": spell(row.every),
        "grace": spell(row.grace),
        "severity": row.severity,
        "key": row.key,
    }


def _grouping(service: Service) -> dict[str, Any] | None:
    if service.group_window is None:
        return None
    return {"by": service.group_by, "window": spell(service.group_window)}
