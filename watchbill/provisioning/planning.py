"""From a document and what is stored to the plan: what is done, what retires, what stays as it is."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db.models import CASCADE

from escalation.actions.maintenance import WHEN
from escalation.core.matching import canonical
from escalation.models import AlertRule, MaintenanceWindow
from oncall.actions.spans import GRACE
from oncall.core.walltime import first_instant
from oncall.models import Override as OverrideRow
from people.models import Team
from watchbill.provisioning.completing import complete, explicit
from watchbill.provisioning.document.escalation import HotLine, Maintenance, Suppress, Trial
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.pay import CompanyDay, PayPlan
from watchbill.provisioning.document.people import Person, TimeOff
from watchbill.provisioning.document.schedules import Override, Temporary
from watchbill.provisioning.plan import LISTINGS, Change, Plan, compare
from watchbill.provisioning.settling import instant, window_spec
from watchbill.provisioning.stored import Stored

KEPT_PLAN = "kept pay plan"
PARENTS = {
    "override": "schedule",
    "temporary schedule": "schedule",
    "routing key": "service",
    "heartbeat": "service",
    "maintenance": "service",
    "suppress rule": "service",
    "trial": "service",
}


def plan_of(wanted: Organisation, stored: Stored, *, prune: bool, now: datetime) -> Plan:
    """What an apply of the settled document `wanted` does. `prune` retires what it does not name."""
    return _Planner(wanted, stored, now).plan(prune=prune)


def zones_of(*documents: Organisation) -> dict[str, str]:
    """In which zone each schedule's times are said; the last document that names it counts."""
    return {one.name: one.time_zone or "UTC" for document in documents for one in document.schedules}


class _Planner:
    def __init__(self, wanted: Organisation, stored: Stored, now: datetime) -> None:
        self.wanted = complete(wanted, stored.organisation)
        self.stored = stored
        self.now = now
        self.zones = zones_of(stored.organisation, wanted)

    def plan(self, *, prune: bool) -> Plan:
        doing, unchanged, missing = compare(explicit(self.stored.organisation, zones=self.zones), self.wanted)
        history = [change for change in doing if self._is_history(change)]
        live = [change for change in missing if self._can_retire(change)]
        kept = self._kept_plans()
        retiring = [*_retiring(live), *(_dropped(name) for name in kept)] if prune else []
        return Plan(
            changes=(*(change for change in doing if change not in history), *retiring),
            unchanged=unchanged,
            left_alone=() if prune else tuple(live),
            history=tuple(history),
            kept=() if prune else tuple(f"pay plan {name}" for name in kept),
        )

    def _can_retire(self, change: Change) -> bool:
        """History stays, superusers stay, and a team that others still point at is emptied only once."""
        part = change.stored
        if isinstance(part, Person):
            return part.active and part.username not in self.stored.superusers
        if isinstance(part, Override | Temporary):
            return not self._has_begun(part, change.identity[0])
        if isinstance(part, TimeOff):
            return part.end > self.now.date()
        if isinstance(part, Maintenance):
            return part.repeat is not None or not _has_started(part, self.now)
        if isinstance(part, CompanyDay | PayPlan):
            return self._pays_on(part)
        return change.kind != "team" or _has_something_to_retire(change.identity[0])

    def _kept_plans(self) -> list[str]:
        """Pay plans of an earlier version's document that neither pay nor stand in this one."""
        named = {plan.name for plan in (*self.wanted.pay_plans, *self.stored.organisation.pay_plans)}
        return [name for name in self.stored.kept if name not in named]

    def _has_begun(self, part: Override | Temporary, schedule: str) -> bool:
        return instant(part.start, self.zones[schedule]) <= self.now

    def _pays_on(self, part: CompanyDay | PayPlan) -> bool:
        """What is over stays: people were paid by it."""
        today = self.now.astimezone(UTC).date()
        if isinstance(part, CompanyDay):
            return part.date >= today
        return _ends(part, self.stored.organisation) > today

    def _is_history(self, change: Change) -> bool:
        part = change.wanted
        if isinstance(part, Maintenance | Suppress | Trial) and change.action == "change":
            return self._is_past(part)  # what is stored runs: somebody has extended it by hand
        if isinstance(part, Maintenance):
            return self._was_carried_out(part, change.identity[0])
        if isinstance(part, Suppress | Trial):
            return _is_over(part, change.identity[0])
        if not isinstance(part, Override) or not self._has_begun(part, change.identity[0]):
            return False
        return change.action == "change" or self._was_undone(part, change.identity[0])

    def _is_past(self, part: Maintenance | Suppress | Trial) -> bool:
        """Whether its end, as the document says it, is not ahead."""
        over = _over_at(part)
        return over is not None and over <= self.now

    def _was_carried_out(self, part: Maintenance, service: str) -> bool:
        """Whether it is over, or begun and ended early by somebody: an apply does not start it again."""
        if self._is_past(part):
            return True
        columns = window_spec(part).columns()
        same = {name: columns[name] for name in WHEN}
        rows = MaintenanceWindow.objects.filter(service__name=service, **same)
        return part.repeat is None and _has_started(part, self.now) and rows.exists()

    def _was_undone(self, part: Override, schedule: str) -> bool:
        """Whether somebody cancelled this override, ended it early, or began it a few minutes late."""
        zone = self.zones[schedule]
        start, end = instant(part.start, zone), instant(part.end, zone)
        rows = OverrideRow.objects.filter(
            schedule__name=schedule,
            role=part.role,
            kind=part.kind,
            start__range=(start, start + GRACE),
            user__username=part.user,
        )
        return any(row.cancelled_at is not None or row.end <= end for row in rows)


def _ends(plan: PayPlan, stored: Organisation) -> date:
    """The first day on which this version no longer pays: said, or that of the next one."""
    after = [one.effective_from for one in stored.pay_plans if one.name == plan.name and one.effective_from]
    later = [day for day in after if plan.effective_from is None or day > plan.effective_from]
    return min([plan.effective_until or date.max, *later])


def _dropped(name: str) -> Change:
    return Change(kind=KEPT_PLAN, identity=(name,), action="retire", path=())


def _over_at(part: Maintenance | Suppress | Trial) -> datetime | None:
    """The end that the settled document says; None for a window that repeats for good."""
    return (
        window_spec(part).window().over_at() if isinstance(part, Maintenance) else instant(part.until, "UTC")
    )


def _has_started(part: Maintenance, now: datetime) -> bool:
    """One that somebody has started by hand, say: no apply ends it under their feet."""
    return first_instant(part.start, ZoneInfo(part.time_zone or "UTC")) <= now


def _is_over(rule: Suppress | Trial, service: str) -> bool:
    """Whether the rule was in force and has ended, perhaps early: nothing silences its alerts again until the
    document gives it a later end.
    """
    kind = AlertRule.Kind.TRIAL if isinstance(rule, Trial) else AlertRule.Kind.SUPPRESS
    digest = AlertRule.digest_of(canonical(rule.match))
    rows = AlertRule.objects.filter(service__name=service, kind=kind, match_digest=digest)
    return rows.filter(ends_at__gte=instant(rule.until, "UTC").replace(microsecond=0)).exists()


def _has_something_to_retire(name: str) -> bool:
    team = Team.objects.get(name=name)
    return team.memberships.exists() or not _is_pointed_at(team)


def _is_pointed_at(team: Team) -> bool:
    """Whether a schedule, a service or a policy, retired ones included, names the team."""
    relations = (one for one in Team._meta.related_objects if one.on_delete is not CASCADE)  # noqa: SLF001
    return any(one.related_model._base_manager.filter(**{one.field.name: team}).exists() for one in relations)  # noqa: SLF001


def _retiring(missing: Iterable[Change]) -> Iterator[Change]:
    """The last made goes first; what goes with the thing it belongs to is not named again."""
    missing = list(missing)
    leaving = {(change.kind, change.identity[0]) for change in missing}
    for kind in reversed(LISTINGS):
        for change in missing:
            if change.kind == kind and _belongs_to(change) not in leaving:
                yield change


def _belongs_to(change: Change) -> tuple[str, str]:
    """The kind and name of the thing that it is a part of; no kind where it stands alone."""
    if isinstance(change.stored, HotLine):
        return "service", change.stored.service
    return PARENTS.get(change.kind, ""), change.identity[0]
