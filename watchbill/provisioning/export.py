"""The organisation as a document: applied to the same database it changes nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from watchbill.provisioning import stored, writing
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.pay import PayPlan
from watchbill.provisioning.document.people import Person
from watchbill.provisioning.document.schedules import Schedule
from watchbill.provisioning.settling import unsettle


def export(*, now: datetime) -> str:
    """Everything in use at `now`, the version in force of each schedule, and every override it ever had.

    People who have left are in it only where something names them. Raises DocumentFaults where a row says
    what no document can.
    """
    there = stored.load(now=now)
    organisation = unsettle(there.organisation)
    schedules = [_with_known_roles(schedule) for schedule in organisation.schedules]
    plans = [*organisation.pay_plans, *_not_yet_paid_by(there)]
    organisation = organisation.model_copy(update={"schedules": schedules, "pay_plans": plans})
    users = [one for one in organisation.users if _belongs(one, organisation, there.superusers)]
    return writing.write(_plain(organisation.model_copy(update={"users": users})))


def _not_yet_paid_by(there: stored.Stored) -> Iterator[PayPlan]:
    """Pay plans that an earlier version kept: whoever applies the export pays by them."""
    paid = {plan.name for plan in there.organisation.pay_plans}
    yield from (plan for plan in there.kept.values() if plan is not None and plan.name not in paid)


def _plain(organisation: Organisation) -> dict[str, Any]:
    spelled = organisation.model_dump()
    for person in spelled.get("users", []):
        if "contact_methods" in person:
            person.pop("phone", None)  # the list says it all
    return {"version": 1} | spelled


def _with_known_roles(schedule: Schedule) -> Schedule:
    """Without what lay over roles that there no longer are: a new schedule could not take it."""
    overrides = [one for one in schedule.overrides if one.role in schedule.roles]
    temporary = [
        one.model_copy(update={"shifts": [shift for shift in one.shifts if shift.role in schedule.roles]})
        for one in schedule.temporary
    ]
    return schedule.model_copy(update={"overrides": overrides, "temporary": temporary})


def _belongs(person: Person, organisation: Organisation, superusers: frozenset[str]) -> bool:
    """Everyone in use; of those who left, and of administrators, those who are named somewhere."""
    usual = person.active and person.username not in superusers
    reached = person.active and bool(stored.methods_of(person))
    return usual or reached or person.username in set(_named(organisation))


def _named(organisation: Organisation) -> Iterator[str]:
    for team in organisation.teams:
        yield from team.members or {}
        yield from team.load_report.to if team.load_report else ()
    for schedule in organisation.schedules:
        yield from _named_by(schedule)
    yield from (away.user for away in organisation.time_off)
    for policy in organisation.escalation_policies:
        yield from (target.user for step in policy.steps for target in step.targets if target.user)
    for service in organisation.services:
        yield from (rule.owner for rule in service.suppress)
        yield from (trial.author for trial in service.trials)
    for plan in organisation.pay_plans:
        yield from plan.people


def _named_by(schedule: Schedule) -> Iterator[str]:
    for role in schedule.roles.values():
        yield from (person for layer in role.layers for slot in layer.participants for person in slot)
    for override in schedule.overrides:
        yield from (name for name in (override.user, override.instead_of) if name)
    for temporary in schedule.temporary:
        yield from (shift.user for shift in temporary.shifts)
