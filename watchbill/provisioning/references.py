"""What the parts of a document say about each other: names that have to exist, and to exist once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from escalation.core.matching import canonical
from oncall.core import override as core
from people.models import Membership
from watchbill.provisioning import pay_terms
from watchbill.provisioning.definitions import definition_faults, participants
from watchbill.provisioning.document.escalation import Policy, RoutingRule, Service, Target, Webhook
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.pay import PayPlan
from watchbill.provisioning.document.people import Team
from watchbill.provisioning.document.schedules import Override, Schedule, Temporary, TemporaryShift
from watchbill.provisioning.faults import Fault, Path, suggestion
from watchbill.provisioning.settling import instant, window_spec

NAMED = {"users": "username", "teams": "name", "schedules": "name"} | {
    "webhooks": "name",
    "escalation_policies": "name",
    "services": "name",
}


@dataclass(frozen=True)
class Known:
    """The names that there will be once the document is applied; `leaving` says why another one will not.

    `members` are those of each team, `standing` who takes turns in each schedule as it is stored.
    """

    users: frozenset[str]
    teams: frozenset[str]
    policies: frozenset[str]
    schedules: Mapping[str, frozenset[str]]
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    standing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    leaving: Mapping[tuple[str, str], str] = field(default_factory=dict)
    webhooks: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        *documents: Organisation,
        standing: Organisation,
        leaving: Mapping[tuple[str, str], str],
    ) -> "Known":
        """What `documents` name; where two name the same schedule or team, the last one counts."""
        teams = [team for one in documents for team in one.teams]
        return cls(
            users=frozenset(person.username for one in documents for person in one.users),
            teams=frozenset(team.name for team in teams),
            policies=frozenset(policy.name for one in documents for policy in one.escalation_policies),
            schedules={schedule.name: roles_of(schedule) for one in documents for schedule in one.schedules},
            members={team.name: frozenset(team.members) for team in teams if team.members is not None},
            standing={one.name: frozenset(participants(one)) for one in standing.schedules},
            leaving=leaving,
            webhooks=frozenset(webhook.name for one in documents for webhook in one.webhooks),
            services=frozenset(service.name for one in documents for service in one.services),
        )


def roles_of(schedule: Schedule) -> frozenset[str]:
    """Every role that somebody can hold in it, by its layers or by what is laid over them."""
    laid_over = {override.role for override in schedule.overrides if override.kind in {"cover", "add"}}
    return frozenset({*schedule.roles, *laid_over})


def check(document: Organisation, known: Known, *, now: datetime) -> list[Fault]:
    """Every name that is not there, or there twice, and every span that ends before it begins.

    What was over before `now` may name a role that there no longer is.
    """
    return [
        *_twice(document),
        *pay_terms.faults_between(document.pay_plans),
        *_Checker(known, now).faults(document),
    ]


def _twice(document: Organisation) -> Iterator[Fault]:
    for section, key in NAMED.items():
        names = [
            (getattr(part, key), (section, index, key))
            for index, part in enumerate(getattr(document, section))
        ]
        yield from _repeated(names, "stands here twice; give each its own name")
    for index, service in enumerate(document.services):
        keys = [
            (key.name, ("services", index, "routing_keys", n, "name"))
            for n, key in enumerate(service.routing_keys)
        ]
        yield from _repeated(keys, f"is the name of two routing keys of {service.name}; give each its own")
        named = [
            (one.name, ("services", index, "heartbeats", n, "name"))
            for n, one in enumerate(service.heartbeats)
        ]
        yield from _repeated(named, f"is the name of two heartbeats of {service.name}; give each its own")
    keys_of = [
        (key.key, f"routing key {key.name} of {service.name}", ("services", index, "routing_keys", n, "key"))
        for index, service in enumerate(document.services)
        for n, key in enumerate(service.routing_keys)
    ]
    yield from _shared(keys_of, "a key belongs to one service")
    calling = [
        (one.key, f"heartbeat {one.name} of {service.name}", ("services", index, "heartbeats", n, "key"))
        for index, service in enumerate(document.services)
        for n, one in enumerate(service.heartbeats)
    ]
    yield from _shared(calling, "every key is one heartbeat's")
    dialled = [
        (number, ("services", index, "hot_lines", n))
        for index, service in enumerate(document.services)
        for n, number in enumerate(service.hot_lines)
    ]
    yield from _repeated(dialled, "stands here twice; a number rings the on-call of one service")
    windows = [
        ((service.name, one.start, one.end, one.time_zone, one.repeat), ("services", index, "maintenance", n))
        for index, service in enumerate(document.services)
        for n, one in enumerate(service.maintenance)
    ]
    yield from _repeated(windows, "maintenance stands here twice; keep one")
    for index, service in enumerate(document.services):
        for section in ("suppress", "trials"):
            matches = [
                (canonical(rule.match), ("services", index, section, n, "match"))
                for n, rule in enumerate(getattr(service, section))
            ]
            yield from _repeated(matches, f"stands twice in {section} of {service.name}; keep one")
    for index, schedule in enumerate(document.schedules):
        places = [
            (
                (one.to, one.webhook, tuple(one.days or ()), one.at),
                ("schedules", index, "announcements", n),
            )
            for n, one in enumerate(schedule.announcements or ())
        ]
        yield from _repeated(places, "announcement stands here twice; keep one")
    away = [
        ((one.user, one.start, one.end), ("time_off", index)) for index, one in enumerate(document.time_off)
    ]
    yield from _repeated(away, "stands here twice; keep one")
    days = [((one.date, one.calendar), ("company_days", n)) for n, one in enumerate(document.company_days)]
    yield from _repeated(days, "is a day of the same people twice; keep one")
    for index, team in enumerate(document.teams):
        budgets = [(one.key, ("teams", index, "pay_budgets", n)) for n, one in enumerate(team.pay_budgets)]
        yield from _repeated(budgets, "budget stands here twice; keep one")


def _repeated(values: Iterable[tuple[object, Path]], what: str) -> Iterator[Fault]:
    seen: Counter[object] = Counter()
    for value, path in values:
        seen[value] += 1
        if seen[value] > 1:
            yield Fault(path, f"“{value}” {what}." if isinstance(value, str) else f"This {what}.")


def _shared(keys: Iterable[tuple[str | None, str, Path]], why: str) -> Iterator[Fault]:
    """A key that stands twice is told by what has it: the key itself would soon stand in a log."""
    seen: dict[str, str] = {}
    for key, owner, path in keys:
        if key in seen:
            yield Fault(path, f"This is the key of {seen[key]} already; {why}.")
        elif key is not None:
            seen[key] = owner


class _Checker:
    def __init__(self, known: Known, now: datetime) -> None:
        self.known = known
        self.now = now

    def faults(self, document: Organisation) -> Iterator[Fault]:
        for section, check in (
            ("teams", self._team),
            ("schedules", self._schedule),
            ("webhooks", self._webhook),
            ("escalation_policies", self._policy),
            ("services", self._service),
            ("pay_plans", self._plan),
            ("company_days", pay_terms.faults_of_day),
        ):
            for index, part in enumerate(getattr(document, section)):
                yield from check(part, (section, index))
        for index, away in enumerate(document.time_off):
            yield from self._user(away.user, ("time_off", index, "user"))

    def _user(self, name: str, path: Path) -> Iterator[Fault]:
        yield from self._known("user", name, self.known.users, path)

    def _known(self, what: str, name: str, names: Iterable[str], path: Path) -> Iterator[Fault]:
        if name in names:
            return
        why = self.known.leaving.get((what, name))
        hint = f" {why}" if why else suggestion(name, names)
        yield Fault(path, f"There is no {what} “{name}”.{hint}")

    def _team(self, team: Team, path: Path) -> Iterator[Fault]:
        for name in team.members or {}:
            yield from self._user(name, (*path, "members", name))
        for index, name in enumerate(team.load_report.to if team.load_report else []):
            yield from self._user(name, (*path, "load_report", "to", index))

    def _schedule(self, schedule: Schedule, path: Path) -> Iterator[Fault]:
        if schedule.team is not None:
            yield from self._known("team", schedule.team, self.known.teams, (*path, "team"))
        for role_name, role in schedule.roles.items():
            for number, layer in enumerate(role.layers):
                for slot_number, slot in enumerate(layer.participants):
                    place = (*path, "roles", role_name, "layers", number, "participants", slot_number)
                    for person in slot:
                        yield from self._user(person, place)
                        yield from self._in_team(person, schedule, place)
        for number, one in enumerate(schedule.announcements or ()):
            if one.webhook is not None:
                place = (*path, "announcements", number, "webhook")
                yield from self._known("webhook", one.webhook, self.known.webhooks, place)
        yield from definition_faults(schedule, path)
        yield from self._laid_over(schedule, path)

    def _in_team(self, person: str, schedule: Schedule, path: Path) -> Iterator[Fault]:
        """Whoever takes turns already may stay; a team without members takes anybody."""
        members = self.known.members.get(schedule.team or "", frozenset())
        standing = self.known.standing.get(schedule.name, frozenset())
        if members and person in self.known.users and person not in members | standing:
            what = f"{person} is not in team {schedule.team}, whose schedule this is; make them a member, or "
            yield Fault(path, f"{what}name somebody of the team: {', '.join(sorted(members))}.")

    def _laid_over(self, schedule: Schedule, path: Path) -> Iterator[Fault]:
        for index, override in enumerate(schedule.overrides):
            place = (*path, "overrides", index)
            yield from self._user(override.user, (*place, "user"))
            if override.instead_of is not None:
                yield from self._user(override.instead_of, (*place, "instead_of"))
            yield from self._role(override, schedule, (*place, "role"))
            yield from _span_faults(override, schedule, place)
        for index, temporary in enumerate(schedule.temporary):
            yield from self._temporary(temporary, schedule, (*path, "temporary", index))
        yield from _overlapping(schedule, path)

    def _temporary(self, temporary: Temporary, schedule: Schedule, path: Path) -> Iterator[Fault]:
        yield from _span_faults(temporary, schedule, path)
        for index, shift in enumerate(temporary.shifts):
            yield from self._user(shift.user, (*path, "shifts", index, "user"))
            yield from self._role(shift, schedule, (*path, "shifts", index, "role"))

    def _role(self, part: Override | TemporaryShift, schedule: Schedule, path: Path) -> Iterator[Fault]:
        over = instant(part.end, schedule.time_zone or "UTC") <= self.now
        if schedule.roles and part.role not in schedule.roles and not over:
            yield Fault(
                path, f"{schedule.name} has no role “{part.role}”.{suggestion(part.role, schedule.roles)}"
            )

    def _webhook(self, webhook: Webhook, path: Path) -> Iterator[Fault]:
        follows = webhook.follows
        for number, name in enumerate(follows.services if follows else ()):
            place = (*path, "follows", "services", number)
            yield from self._known("service", name, self.known.services, place)
        for number, name in enumerate(follows.teams if follows else ()):
            yield from self._known("team", name, self.known.teams, (*path, "follows", "teams", number))

    def _policy(self, policy: Policy, path: Path) -> Iterator[Fault]:
        for number, step in enumerate(policy.steps):
            for index, target in enumerate(step.targets):
                yield from self._target(target, (*path, "steps", number, "targets", index))

    def _target(self, target: Target, path: Path) -> Iterator[Fault]:
        if target.user is not None:
            yield from self._user(target.user, (*path, "user"))
        if target.team is not None:
            yield from self._known("team", target.team, self.known.teams, (*path, "team"))
            yield from _member_role(target.role, (*path, "role"))
        if target.webhook is not None:
            yield from self._known("webhook", target.webhook, self.known.webhooks, (*path, "webhook"))
        if target.schedule is not None:
            yield from self._known("schedule", target.schedule, self.known.schedules, (*path, "schedule"))
            roles = self.known.schedules.get(target.schedule)
            if roles is not None and target.role not in roles:
                hint = suggestion(target.role or "", roles)
                yield Fault((*path, "role"), f"Schedule {target.schedule} has no role “{target.role}”.{hint}")

    def _service(self, service: Service, path: Path) -> Iterator[Fault]:
        if service.team is not None:
            yield from self._known("team", service.team, self.known.teams, (*path, "team"))
        policy = service.escalation_policy
        yield from self._known("escalation policy", policy, self.known.policies, (*path, "escalation_policy"))
        for number, one in enumerate(service.maintenance):
            fault = window_spec(one).window().fault()
            if fault is not None:
                yield Fault((*path, "maintenance", number), fault)
        for number, rule in enumerate(service.suppress):
            yield from self._user(rule.owner, (*path, "suppress", number, "owner"))
        for number, trial in enumerate(service.trials):
            yield from self._user(trial.author, (*path, "trials", number, "author"))
        for number, routed in enumerate(service.routing or ()):
            yield from self._destination(routed, service, (*path, "routing", number, "service"))

    def _destination(self, rule: RoutingRule, service: Service, path: Path) -> Iterator[Fault]:
        if rule.service == service.name:
            yield Fault(path, f"This leads to {service.name} itself; leave it out, and they stay there.")
        elif rule.service is not None:
            yield from self._known("service", rule.service, self.known.services, path)

    def _plan(self, plan: PayPlan, path: Path) -> Iterator[Fault]:
        for index, person in enumerate(plan.people):
            yield from self._user(person, (*path, "people", index))
        for index, team in enumerate(plan.teams):
            yield from self._known("team", team, self.known.teams, (*path, "teams", index))
        for section in ("people", "teams", "places"):
            names = ((name, (*path, section, n)) for n, name in enumerate(getattr(plan, section)))
            yield from _repeated(names, "stands here twice; a plan pays everybody once")
        yield from pay_terms.faults(plan, path)


def _member_role(role: str | None, path: Path) -> Iterator[Fault]:
    if role is not None and role not in Membership.Role.values:
        yield Fault(path, f"A team has no role “{role}”.{suggestion(role, Membership.Role.values)}")


def _span_faults(part: Override | Temporary, schedule: Schedule, path: Path) -> Iterator[Fault]:
    zone = schedule.time_zone or "UTC"
    if instant(part.end, zone) <= instant(part.start, zone):
        yield Fault(
            (*path, "end"), f"This is not after the start, {part.start:%Y-%m-%d %H:%M}; write a later time."
        )


def _overlapping(schedule: Schedule, path: Path) -> Iterator[Fault]:
    """Of two overrides that cannot be in force at once, the second; `number` is the place in the document."""
    zone = schedule.time_zone or "UTC"
    temporaries = [core.Temporary(*_instants(one, zone)) for one in schedule.temporary]
    names = sorted({name for one in schedule.overrides for name in (one.user, one.instead_of) if name})
    ids = {name: number for number, name in enumerate(names)}
    before: list[core.Override] = []
    for index, one in enumerate(schedule.overrides):
        instead_of = ids.get(one.instead_of or "")
        span, over = _instants(one, zone), one.over_temporary
        new = core.Override(one.role, one.kind, *span, ids[one.user], instead_of, index, over_temporary=over)
        other = core.in_the_way(new, before, temporaries)
        if other is not None:
            rule = "a role has one cover at a time" if one.kind == "cover" else "one of the two is enough"
            what = f"This {one.kind} of {one.role} overlaps overrides[{other.number}]; {rule}."
            yield Fault((*path, "overrides", index), what)
        before.append(new)


def _instants(part: Override | Temporary, zone: str) -> tuple[datetime, datetime]:
    return instant(part.start, zone), instant(part.end, zone)
