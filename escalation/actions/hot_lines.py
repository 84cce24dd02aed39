"""Which number reaches the on-call of which service."""

from datetime import datetime

from django.db import transaction

from escalation.actions.steps import ConfigError
from escalation.models import HotLine, Service
from paging.actions import contacts
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb


@transaction.atomic
def add_hot_line(*, service: Service, number: str, by: Actor, now: datetime) -> HotLine:
    """From now on, calls to `number` go to the on-call of `service`. Nothing happens where they do already.

    Raises ConfigError where it is no number, or another service's.
    """
    try:
        checked = contacts.checked_address(contacts.Kind.VOICE, number)
    except contacts.Refused as refusal:
        raise ConfigError(str(refusal)) from None
    line, new = HotLine.objects.select_for_update().get_or_create(
        number=checked, retired_at=None, defaults={"service": service, "created_at": now}
    )
    if line.service_id != service.pk:
        raise ConfigError(
            f"{checked} already reaches the on-call of {line.service}; take it out there first."
        )
    if new:
        what = f"calls to {checked} reach the on-call of service {service.name}"
        data = {"hot_line": line.pk}
        record([Line(Verb.HOT_LINE_ADDED, ("service", service.pk), by, what, data=data)], now=now)
    return line


@transaction.atomic
def retire_hot_line(*, line: HotLine, by: Actor, now: datetime) -> None:
    """Calls to it reach nobody from now on."""
    if HotLine.objects.filter(pk=line.pk, retired_at=None).update(retired_at=now):
        what = f"calls to {line.number} no longer reach the on-call of service {line.service.name}"
        data = {"hot_line": line.pk}
        record([Line(Verb.HOT_LINE_RETIRED, ("service", line.service_id), by, what, data=data)], now=now)
