"""How many events a routing key takes within a minute."""

from datetime import datetime

from django.db import transaction

from escalation.actions.steps import ConfigError
from escalation.models import RoutingKey
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

MOST = 10_000_000


@transaction.atomic
def set_events_per_minute(*, key: RoutingKey, events: int | None, by: Actor, now: datetime) -> None:
    """From now on the key takes so many; None for as many as the site says, 0 for whatever comes.

    Writes nothing when it is so already. Raises ConfigError.
    """
    if events is not None and not 0 <= events <= MOST:
        raise ConfigError(
            f"The limit of routing key {key.name} is {events}; write 1 to {MOST:,} events a minute, 0 for no "
            "limit, or nothing for the site's."
        )
    row = RoutingKey.objects.select_for_update(of=("self",)).select_related("service").get(pk=key.pk)
    before, row.events_per_minute = row.events_per_minute, events
    if before == events:
        return
    row.save(update_fields=["events_per_minute"])
    key.events_per_minute = events
    what = f"routing key {row.name} of service {row.service.name} takes {spelled(events)}"
    data = {"routing_key": row.pk, "events_per_minute": [before, events]}
    record([Line(Verb.ROUTING_KEY_CHANGED, ("service", row.service_id), by, what, data=data)], now=now)


def spelled(events: int | None) -> str:
    if events is None:
        return "as many events as the site says"
    return f"{events:,} events a minute" if events else "whatever comes"
