"""Parts that nothing acts on yet: kept, and exported again."""

from typing import Any

from people.ledger.record import Line, record
from people.ledger.verbs import Verb
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.models import KeptPart
from watchbill.provisioning.plan import Change
from watchbill.provisioning.stored import PAY_PLANS


def keep(change: Change, context: Context) -> None:
    name, body = change.identity[0], change.wanted and change.wanted.model_dump()
    part, _ = KeptPart.objects.update_or_create(section=PAY_PLANS, name=name, defaults={"body": body})
    _record(part.pk, f"kept pay plan {name}", context, {"body": body})


def remove(change: Change, context: Context) -> None:
    part = KeptPart.objects.get(section=PAY_PLANS, name=change.identity[0])
    _record(part.pk, f"removed pay plan {part.name}", context, {"body": part.body})
    part.delete()


def _record(pk: int, what: str, context: Context, data: dict[str, Any]) -> None:
    record([Line(Verb.DOCUMENT_KEPT, ("kept_part", pk), context.by, what, data=data)], now=context.now)
