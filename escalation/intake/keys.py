"""The routing key of a post, its service, and what came by it lately: one statement, for each post.

Looked up by digest, so that neither the answer nor its time says which keys there are. Most posts are one
more event of an open alert; where nothing can follow from that, the same statement takes it in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection

from escalation.core.rate import MINUTE, Came
from escalation.intake.limits import TABLE, minute_of
from escalation.intake.repeating import FOUND, REPEATED, Found, given
from escalation.models import RoutingKey, Service
from escalation.sources.event import Event
from people import prepared
from people.columns import Columns

KEYS, SERVICES = Columns(RoutingKey), Columns(Service)
SECRET = KEYS.place("signing_secret")
CAME = f"SELECT COALESCE(SUM(events), 0) FROM {TABLE} WHERE key_id = sender.id AND minute = %({{minute}})s"  # noqa: S608
KEY = f"""
SELECT ({CAME.format(minute="minute")}) AS current, ({CAME.format(minute="before")}) AS before,
       {KEYS.names("sender", called="key_")}, {SERVICES.names("service", called="service_")}
FROM {KEYS.table} sender JOIN {SERVICES.table} service ON service.id = sender.service_id
WHERE sender.digest = %(digest)s AND sender.revoked_at IS NULL AND service.retired_at IS NULL
"""  # noqa: S608
TRIED = f"""
SELECT *, key_signing_secret = ''
          AND NOT (service_has_rules OR service_has_routing OR service_has_maintenance)
          AND (COALESCE(key_events_per_minute, %(limit)s) = 0
               OR current + before * %(share)s < COALESCE(key_events_per_minute, %(limit)s)) AS may
FROM ({KEY}) AS known
"""  # noqa: S608
# Only where the service says nothing of severities of its own: what it says is read here.
_KEY_AND_REPEAT = f"WITH sender AS ({TRIED}), " + REPEATED.format(
    of="FROM sender WHERE may AND service_severities = '{}' AND service_severity_rules = '[]' AND",
    service="sender.service_id", actor="left(key_name || %(by)s, 200)", key="key_id",
    found="repeated, sender",
) + FOUND.format(
    opens="found.may AND found.service_group_window IS NULL", sender="sender.*",
    service="sender.service_id", of="sender", past_of="found.service_id",
)  # fmt: skip
KEY_AND_REPEAT = " ".join(_KEY_AND_REPEAT.split())
"""Short, since psycopg reads the placeholders of whatever is longer than 4,096 bytes anew each time."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownKey(Exception):
    """No live routing key has this value. The answer must be the same for every such value."""


@dataclass(frozen=True)
class Known:
    """A live routing key and what came by it; and what was found of the event that was asked about."""

    columns: Sequence[Any]
    came: Came
    found: Found | None = None

    @property
    def secret(self) -> str:
        """What it takes only what is signed with; empty: nothing need be. Asked of every post, also of those
        that are refused as if there were no key: it costs nothing that those do not cost.
        """
        said: str = self.columns[SECRET]
        return said

    @cached_property
    def row(self) -> RoutingKey:
        """With its service beside it. Made when it is asked for: a repeat has no need of it."""
        row = KEYS.row(self.columns[: len(KEYS)])
        row.service = SERVICES.row(self.columns[len(KEYS) : len(KEYS) + len(SERVICES)])
        return row

    @property
    def repeated(self) -> bool:
        """The event has been taken in."""
        return self.found is not None and bool(self.found.times)


def service_key(
    key: str, *, now: datetime = LONG_AGO, repeat: Event | None = None, source: str = ""
) -> Known:
    """The live routing key with this value, and what had come by it at `now`. If all that is to be done about
    the event `repeat` is to count it, that is done. Raises UnknownKey.
    """
    moment: Any = connection.ops.adapt_datetimefield_value
    begun = minute_of(now)
    elapsed = (now - begun).total_seconds()
    asked = {
        "minute": moment(begun),
        "before": moment(minute_of(now, before=1)),
        "digest": RoutingKey.digest_of(key),
    }
    more = _repeating(repeat, now, elapsed, source)
    with prepared.cursor() as cursor:
        cursor.execute(KEY_AND_REPEAT if more else KEY, asked | more)
        found = cursor.fetchone()
    if found is None:
        raise UnknownKey
    said = Found(*found[:6]) if more else None
    current, before, *columns = found[6:] if more else found
    return Known(columns, Came(int(current), int(before), elapsed), said)


def _repeating(event: Event | None, now: datetime, elapsed: float, source: str) -> dict[str, Any]:
    """What KEY_AND_REPEAT needs besides; nothing where it cannot be asked."""
    if event is None or connection.vendor != "postgresql":
        return {}
    try:
        return given(event, now=now) | {
            "by": f" ({source})",
            "limit": settings.EVENTS_PER_MINUTE,
            "share": 1 - elapsed / MINUTE,
        }
    except TypeError:
        return {}
