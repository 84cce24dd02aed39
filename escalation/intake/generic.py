"""What comes by the generic source: read by the mapping of its key, which is known only here."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError

from escalation.core.samples import sample
from escalation.intake.evenly import evenly
from escalation.intake.receiving import NOBODYS, Proof, receive
from escalation.models import LastPost, RoutingKey
from escalation.sources.event import NotGenuine
from escalation.sources.generic import payload_of
from escalation.sources.mapping import KeyMapping
from escalation.sources.reading import NAME, Reading, read
from escalation.sources.request import Sent

GENERIC = NAME
KEPT_EVERY = timedelta(seconds=5)
"""What a key sends is kept to be looked at, not to be counted: seldom enough to cost nothing."""
MOST_FAULTS = 5
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Taken:
    """What one post said, and how many incidents that opened."""

    reading: Reading
    opened: int


@evenly()
def receive_generic(*, key: str, sent: Sent, now: datetime, proof: Proof) -> Taken:
    """Take in what one post said, as its key's mapping has it. Raises Malformed, whichever the key, and what
    `receive` raises. Only what its key admits is held against its mapping.
    """
    payload = payload_of(sent)
    row = RoutingKey.objects.filter(digest=RoutingKey.digest_of(key), revoked_at=None).first()
    reading = Reading()
    with suppress(NotGenuine):  # whoever may not hears so from `receive`, after as much work
        proof(row.signing_secret if row else NOBODYS)
        if row:
            reading = read(payload, KeyMapping.from_json(row.mapping), called=row.name)
    opened = receive(key=key, events=reading.events, source=NAME, now=now, proof=proof)
    if row:
        _note(row, payload, reading, now=now)
    return Taken(reading, opened)


def _note(row: RoutingKey, payload: Any, reading: Reading, *, now: datetime) -> None:
    """Keep it as the last that came, for the page of the mapping. The events are durable: whatever goes wrong
    here is no reason to have them sent again.
    """
    try:
        last = LastPost.objects.filter(key=row, outcome=LastPost.Outcome.TAKEN, at__gt=now - KEPT_EVERY)
        if not last.exists():
            _keep(row, payload, reading.faults[:MOST_FAULTS], now=now)
    except DatabaseError:
        log.warning("last_post_not_kept", routing_key=str(row), exc_info=True)


def _keep(row: RoutingKey, payload: Any, faults: list[str], *, now: datetime) -> None:
    if faults:
        log.warning("mapping_not_read", routing_key=str(row), faults=faults)
    kept = LastPost(
        key=row,
        outcome=LastPost.Outcome.TAKEN,
        at=now,
        source=NAME,
        status=200,
        why=" ".join(faults),
        body=sample(payload, secrets=(row.key, row.signing_secret)),
    )
    LastPost.objects.bulk_create(
        [kept],
        update_conflicts=True,
        unique_fields=["key", "outcome"],
        update_fields=["at", "source", "status", "why", "body"],
    )
