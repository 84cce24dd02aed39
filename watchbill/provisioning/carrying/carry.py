"""Carries out a plan, change by change, in the plan's order."""

from collections.abc import Callable, Mapping
from itertools import groupby

from django.db import transaction

from escalation.actions.config import ConfigError
from oncall import actions as oncall_actions
from paging.actions import contacts
from people.actions import PeopleError
from watchbill.provisioning.carrying import escalation, pay, people, rules, schedules
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.faults import DocumentFaults, Fault
from watchbill.provisioning.plan import Action, Change, Plan
from watchbill.reports.actions.refusal import Refused as LoadRefused

REFUSALS = (PeopleError, ConfigError, oncall_actions.Refused, contacts.Refused, LoadRefused)
Carrier = Callable[[Change, Context], None]
RULES: Mapping[Action, Carrier] = {
    "create": rules.create_alert_rule,
    "change": rules.change_alert_rule,
    "retire": rules.end_alert_rule,
}
CARRIERS: Mapping[str, Mapping[Action, Carrier]] = {
    "user": {"create": people.create_user, "change": people.change_user, "retire": people.retire_user},
    "team": {"create": people.create_team, "change": people.change_team, "retire": people.retire_team},
    "schedule": {
        "create": schedules.create_schedule,
        "change": schedules.change_schedule,
        "retire": schedules.retire_schedule,
    },
    "override": {
        "create": schedules.create_override,
        "change": schedules.change_override,
        "retire": schedules.retire_override,
    },
    "temporary schedule": {
        "create": schedules.create_temporary,
        "change": schedules.change_temporary,
        "retire": schedules.retire_temporary,
    },
    "time off": {
        "create": schedules.create_time_off,
        "change": schedules.change_time_off,
        "retire": schedules.retire_time_off,
    },
    "webhook": {
        "create": escalation.create_webhook,
        "change": escalation.change_webhook,
        "retire": escalation.retire_webhook,
    },
    "announcements": {
        "create": schedules.set_announcements,
        "change": schedules.set_announcements,
        "retire": schedules.set_announcements,
    },
    "escalation policy": {
        "create": escalation.create_policy,
        "change": escalation.change_policy,
        "retire": escalation.retire_policy,
    },
    "service": {
        "create": escalation.create_service,
        "change": escalation.change_service,
        "retire": escalation.retire_service,
    },
    "followed incidents": {
        "create": escalation.set_follows,
        "change": escalation.set_follows,
        "retire": escalation.set_follows,
    },
    "routing key": {
        "create": escalation.ensure_key,
        "change": escalation.ensure_key,
        "retire": escalation.revoke_key,
    },
    "hot line": {
        "create": escalation.add_hot_line,
        "change": escalation.move_hot_line,
        "retire": escalation.retire_hot_line,
    },
    "heartbeat": {
        "create": escalation.ensure_heartbeat,
        "change": escalation.ensure_heartbeat,
        "retire": escalation.retire_heartbeat,
    },
    "maintenance": {
        "create": escalation.plan_maintenance,
        "change": escalation.change_maintenance,
        "retire": escalation.cancel_maintenance,
    },
    "suppress rule": RULES,
    "trial": RULES,
    "routing rules": {
        "create": rules.set_routing_rules,
        "change": rules.set_routing_rules,
        "retire": rules.set_routing_rules,
    },
    "pay plan": {"create": pay.set_version, "change": pay.set_version, "retire": pay.end_version},
    "company day": {
        "create": pay.add_company_day,
        "change": pay.change_company_day,
        "retire": pay.remove_company_day,
    },
    "kept pay plan": {"retire": pay.drop_kept},
}


def carry_out(plan: Plan, context: Context) -> None:
    """Do everything in `plan`, inside the caller's transaction.

    Raises DocumentFaults with all that the verbs refuse among the first kind of things that has any: what
    comes after depends on it.
    """
    for _, changes in groupby(plan.changes, key=lambda change: (change.kind, change.action == "retire")):
        faults = [fault for change in changes if (fault := _carry(change, context))]
        if faults:
            raise DocumentFaults(faults)
    people.let_go(context)


def _carry(change: Change, context: Context) -> Fault | None:
    try:
        with transaction.atomic():
            CARRIERS[change.kind][change.action](change, context)
    except REFUSALS as refusal:
        what = str(refusal) if change.path else f"{change.kind} {change.name} cannot be retired: {refusal}"
        return Fault(change.path, what)
    return None
