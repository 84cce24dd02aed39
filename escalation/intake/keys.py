"""The routing key of a post, its service, and what came by it lately: one statement, for each post.

Looked up by digest, so that neither the answer nor its time says which keys there are.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from escalation.core.rate import Came
from escalation.intake.limits import TABLE, minute_of
from escalation.models import RoutingKey, Service
from people import prepared
from people.columns import Columns

KEYS, SERVICES = Columns(RoutingKey), Columns(Service)
CAME = f"SELECT COALESCE(SUM(events), 0) FROM {TABLE} WHERE key_id = sender.id AND minute = %s"  # noqa: S608
KEY = f"""
SELECT ({CAME}), ({CAME}), {KEYS.names("sender")}, {SERVICES.names("service")}
FROM {KEYS.table} sender JOIN {SERVICES.table} service ON service.id = sender.service_id
WHERE sender.digest = %s AND sender.revoked_at IS NULL AND service.retired_at IS NULL
"""  # noqa: S608
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownKey(Exception):
    """No live routing key has this value. The answer must be the same for every such value."""


@dataclass(frozen=True)
class Known:
    """A live routing key, its service beside it, and what came by it."""

    row: RoutingKey
    came: Came


def service_key(key: str, *, now: datetime = LONG_AGO) -> Known:
    """The live routing key with this value, and what had come by it at `now`. Raises UnknownKey."""
    moment: Any = connection.ops.adapt_datetimefield_value
    begun, before = minute_of(now), minute_of(now, before=1)
    with prepared.cursor() as cursor:
        cursor.execute(KEY, [moment(begun), moment(before), RoutingKey.digest_of(key)])
        found = cursor.fetchone()
    if found is None:
        raise UnknownKey
    row = KEYS.row(found[2 : 2 + len(KEYS)])
    row.service = SERVICES.row(found[2 + len(KEYS) :])
    return Known(row, Came(int(found[0]), int(found[1]), (now - begun).total_seconds()))
