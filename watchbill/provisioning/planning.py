"""From a document and what is stored to the plan: what is done, what retires, what stays as it is."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import CASCADE

from oncall.actions.spans import GRACE
from oncall.models import Override as OverrideRow
from people.models import Team
from watchbill.provisioning.completing import complete, explicit
from watchbill.provisioning.document.escalation import HotLine
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.people import Person, TimeOff
from watchbill.provisioning.document.schedules import Override, Temporary
from watchbill.provisioning.plan import LISTINGS, Change, Plan, compare
from watchbill.provisioning.settling import instant
from watchbill.provisioning.stored import Stored

KEPT_OF_SERVICE = ("maintenance",)
KEPT_OF_TEAM = ("load_report",)
PARENTS = {
    "override": "schedule",
    "temporary schedule": "schedule",
    "routing key": "service",
    "heartbeat": "service",
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
        retiring = list(_retiring(live)) if prune else []
        return Plan(
            changes=(*(change for change in doing if change not in history), *retiring),
            unchanged=unchanged,
            left_alone=() if prune else tuple(live),
            history=tuple(history),
            kept=tuple(_kept(self.wanted)),
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
        return change.kind != "team" or _has_something_to_retire(change.identity[0])

    def _has_begun(self, part: Override | Temporary, schedule: str) -> bool:
        return instant(part.start, self.zones[schedule]) <= self.now

    def _is_history(self, change: Change) -> bool:
        part = change.wanted
        if not isinstance(part, Override) or not self._has_begun(part, change.identity[0]):
            return False
        return change.action == "change" or self._was_undone(part, change.identity[0])

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


def _kept(wanted: Organisation) -> Iterator[str]:
    for team in wanted.teams:
        parts = [name for name in KEPT_OF_TEAM if getattr(team, name)]
        if parts:
            yield f"{', '.join(parts)} of team {team.name}"
    for service in wanted.services:
        parts = [name for name in KEPT_OF_SERVICE if getattr(service, name)]
        if parts:
            yield f"{', '.join(parts)} of service {service.name}"
    yield from (f"pay plan {plan.name}" for plan in wanted.pay_plans)
