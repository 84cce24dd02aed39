"""Makes the organisation match a document: all of it in one transaction, or nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from oncall.actions import extend_holidays
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from watchbill.provisioning import checking, reaching, references, stored
from watchbill.provisioning.advising import Advising
from watchbill.provisioning.carrying.carry import carry_out
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.faults import DocumentFaults, Fault
from watchbill.provisioning.plan import Plan
from watchbill.provisioning.planning import plan_of, zones_of
from watchbill.provisioning.reading import Reading
from watchbill.provisioning.settling import settle

ONE_AT_A_TIME = 0x77617463  # the advisory lock of PostgreSQL that every apply takes


def apply(
    source: str | bytes,
    *,
    name: str,
    now: datetime,
    prune: bool = False,
    dry_run: bool = False,
    say: Callable[[Plan], object] = lambda plan: None,
) -> Plan:
    """Read, check, plan, `say` the plan, and do it, with `name` in the ledger. A second time changes nothing.

    `dry_run` does everything and takes it back, so that it finds what a real one would. The plan comes back
    with `advice`: what there is to say about the schedules and policies it touches, which stops nothing.
    Raises DocumentFaults with everything that is wrong, and then nothing was written.
    """
    document, reading = checking.parse(source)
    try:
        with transaction.atomic():
            _wait_for_others()
            plan = _planned(document, prune=prune, now=now, say=say, by=Actor(f"apply {name}"), source=source)
            transaction.set_rollback(dry_run)
    except DocumentFaults as faults:
        raise DocumentFaults([_with_line(fault, reading) for fault in faults.faults]) from None
    return plan


def _planned(
    document: Organisation,
    *,
    prune: bool,
    now: datetime,
    say: Callable[[Plan], object],
    by: Actor,
    source: str | bytes,
) -> Plan:
    there = stored.load(now=now)
    wanted = settle(document, zones=there.zones)
    faults = [*references.check(wanted, _known(wanted, there, prune=prune), now=now), *reaching.check(wanted)]
    if faults:
        raise DocumentFaults(faults)
    plan = plan_of(wanted, there, prune=prune, now=now)
    say(plan)
    advising = Advising(plan, now=now)
    carry_out(plan, Context(by=by, now=now, zones=zones_of(there.organisation, wanted)))
    extend_holidays(now)
    if plan.changes:
        _record(plan, source, by, now)
    return replace(plan, advice=advising.told())


def _wait_for_others() -> None:
    """Held to the end of the transaction: no other apply reads or writes meanwhile. SQLite has one writer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _known(wanted: Organisation, there: stored.Stored, *, prune: bool) -> references.Known:
    """What can be named: the document's own things, and the stored ones that stay."""
    organisation = standing = there.organisation
    gone = {
        (
            "user",
            person.username,
        ): "This person has been deactivated; name them under users to have them back."
        for person in organisation.users
        if not person.active
    }
    staying = [person for person in organisation.users if person.active]
    if prune:
        gone |= dict.fromkeys(
            _stored_names(organisation), "It is not in the document, so --prune retires it."
        )
        staying = [person for person in staying if person.username in there.superusers]
        organisation = Organisation(version=1, teams=organisation.teams)
    organisation = organisation.model_copy(update={"users": staying})
    return references.Known.of(organisation, wanted, standing=standing, leaving=gone)


def _stored_names(organisation: Organisation) -> list[tuple[str, str]]:
    return [
        *(("user", person.username) for person in organisation.users if person.active),
        *(("schedule", schedule.name) for schedule in organisation.schedules),
        *(("webhook", webhook.name) for webhook in organisation.webhooks),
        *(("escalation policy", policy.name) for policy in organisation.escalation_policies),
        *(("service", service.name) for service in organisation.services),
    ]


def _with_line(fault: Fault, reading: Reading) -> Fault:
    return Fault(fault.path, fault.what, fault.line or reading.line_of(fault.path))


def _record(plan: Plan, source: str | bytes, by: Actor, now: datetime) -> None:
    text = source.encode() if isinstance(source, str) else source
    counts = {
        action: sum(one.action == action for one in plan.changes) for action in ("create", "change", "retire")
    }
    what = "applied a document: " + ", ".join(f"{count} to {action}" for action, count in counts.items())
    data = {**counts, "sha256": hashlib.sha256(text).hexdigest()}
    record([Line(Verb.DOCUMENT_APPLIED, ("document", 0), by, what, data=data)], now=now)
