"""How what comes by a routing key is read, by whom that was said, in the ledger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from escalation.actions.steps import ConfigError
from escalation.models import RoutingKey
from escalation.sources.mapping import faults_of, tidied
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb


@transaction.atomic
def set_mapping(*, key: RoutingKey, mapping: Mapping[str, Any], by: Actor, now: datetime) -> None:
    """From now on the generic source reads what comes by `key` so; {} for the usual names. `mapping` is as
    `escalation.sources.mapping` has it.

    Writes nothing when it is so already. Raises ConfigError, which says what is wrong with each field.
    """
    faults = faults_of(mapping)
    if faults:
        said = " ".join(f"{name}: {why}" if name else why for name, why in faults.items())
        raise ConfigError(f"The mapping of {key.name} cannot be read. {said}")
    wanted = tidied(mapping)
    row = RoutingKey.objects.select_for_update().select_related("service").get(pk=key.pk)
    before = row.mapping
    if before == wanted:
        return
    row.mapping = key.mapping = wanted
    row.save(update_fields=["mapping"])
    names = [name for name in {**before, **wanted} if before.get(name) != wanted.get(name)]
    what = f"changed the mapping of routing key {row.name} of service {row.service.name}: {', '.join(names)}"
    data = {"routing_key": row.pk, **{name: [before.get(name), wanted.get(name)] for name in names}}
    record([Line(Verb.ROUTING_KEY_CHANGED, ("service", row.service_id), by, what, data=data)], now=now)
