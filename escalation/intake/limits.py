"""How much comes by a key, and when that is more than it takes.

What came is counted last of all that a transaction does: whoever waits for a row of counts is waited for by
nobody.
"""

import os
import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connection

from escalation.core.rate import Came
from escalation.models import KeyMinute, RoutingKey
from people import prepared

SHARDS = 8
"""So many rows hold what came by a key within one minute, and each thread writes to one of them."""
TABLE = KeyMinute._meta.db_table  # noqa: SLF001 - Django's documented Meta API
COUNT = f"""
INSERT INTO {TABLE} (key_id, minute, shard, events, refused, last_event_at)
{{rows}}
ON CONFLICT (key_id, minute, shard)
DO UPDATE SET events = {TABLE}.events + excluded.events, last_event_at = excluded.last_event_at
"""
COUNT_SOME = COUNT.format(rows="VALUES (%s, %s, %s, %s, 0, %s)")
_thread = threading.local()
_numbers = count()


class OverLimit(Exception):
    """More comes by this key (its id) than the `limit` of events a minute that it takes. What the post ends
    or acknowledges was taken in, nothing else of it was. After `retry_after` seconds, at least 1, all of it
    would be, if nothing more came by the key until then.
    """

    def __init__(self, key: int, *, limit: int, retry_after: int) -> None:
        super().__init__(f"more than {limit} events a minute")
        self.key = key
        self.limit = limit
        self.retry_after = retry_after


def check(key: RoutingKey, came: Came) -> None:
    """Raises OverLimit where it is reached: a post that begins below it is taken in whole."""
    limit: int = settings.EVENTS_PER_MINUTE if key.events_per_minute is None else key.events_per_minute
    if seconds := came.wait(limit):
        raise OverLimit(key.pk, limit=limit, retry_after=seconds)


def count_in(key: RoutingKey, events: int, *, now: datetime) -> None:
    moment: Any = connection.ops.adapt_datetimefield_value
    with prepared.cursor() as cursor:
        cursor.execute(COUNT_SOME, [key.pk, moment(minute_of(now)), shard(), events, moment(now)])


def minute_of(now: datetime, *, before: int = 0) -> datetime:
    """When the minute of the clock began, or the one `before`."""
    return now.astimezone(UTC).replace(second=0, microsecond=0) - timedelta(minutes=before)


def shard() -> int:
    """Threads take turns, in each process from another one on."""
    if getattr(_thread, "of", None) != os.getpid():
        _thread.of, _thread.shard = os.getpid(), (os.getpid() + next(_numbers)) % SHARDS
    number: int = _thread.shard
    return number
