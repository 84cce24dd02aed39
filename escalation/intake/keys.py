"""The routing key of a post, its service, and what came by it lately: one statement, for each post.

Looked up by digest, so that neither the answer nor its time says which keys there are. Most posts are one
more event of an open alert; where nothing can follow from that, the same statement takes it in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection

from escalation.core.rate import MINUTE, Came
from escalation.intake.guessing import is_likely_open
from escalation.intake.limits import TABLE, minute_of
from escalation.intake.repeating import COUNTING, FOUND, FOUNDS, NOTHING_REPEATED, REPEATED, Found, given
from escalation.models import RoutingKey, Service
from escalation.sources.event import Event
from people.columns import Columns
from people.prepared import Statement

KEYS, SERVICES = Columns(RoutingKey), Columns(Service)
SECRET = KEYS.place("signing_secret")
COUNTS = 2
"""So many columns stand before the key's own, and before them as BEFORE says."""
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
SENDER = f"WITH sender AS ({TRIED})"
TIMES = f"SELECT counting.times, sender.* FROM sender, ({COUNTING}) AS counting"  # noqa: S608
# Only where the service says nothing of severities of its own: what it says is read here.
REPEATED_IF_PLAIN = REPEATED.format(
    of="FROM sender WHERE may AND service_severities = '{}' AND service_severity_rules = '[]' AND",
    service="sender.service_id", actor="left(key_name || %(by)s, 200)", key="key_id",
    found="repeated, sender",
)  # fmt: skip
FOUND_IF_NEW = FOUND.format(
    opens="found.may AND found.service_group_window IS NULL", sender="sender.*",
    service="sender.service_id", of="sender", past_of="found.service_id",
    policy="found.service_policy_id", counting=NOTHING_REPEATED,
)  # fmt: skip
KEY_AND_REPEAT = Statement(f"{SENDER}, {REPEATED_IF_PLAIN} {TIMES}")
KEY_AND_FOUND = Statement(f"{SENDER} {FOUND_IF_NEW}")
ONLY_KEY = Statement(KEY)
BEFORE = {KEY_AND_REPEAT: 1, KEY_AND_FOUND: FOUNDS, ONLY_KEY: 0}
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownKey(Exception):
    """No live routing key has this value. The answer must be the same for every such value."""


@dataclass(frozen=True)
class Known:
    """A live routing key and what came by it; and what was found of the event, if one was asked about. Read
    as it is asked for: of a repeat nothing else is.
    """

    _sent: Sequence[Any]
    _elapsed: float
    _statement: Statement
    given: Mapping[str, Any] = field(default_factory=dict)
    """What was said of the event, if one was asked about, as `repeating.given` says it."""

    @property
    def found(self) -> Found | None:
        return Found(*self._sent[:FOUNDS]) if self._statement is KEY_AND_FOUND else None

    @property
    def came(self) -> Came:
        before = BEFORE[self._statement]
        return Came(int(self._sent[before]), int(self._sent[before + 1]), self._elapsed)

    @property
    def secret(self) -> str:
        """What it takes only what is signed with; empty: nothing need be. Asked of every post, also of those
        that are refused as if there were no key: it costs nothing that those do not cost.
        """
        said: str = self._sent[BEFORE[self._statement] + COUNTS + SECRET]
        return said

    @cached_property
    def row(self) -> RoutingKey:
        """With its service beside it. Made when it is asked for: a repeat has no need of it."""
        columns = self._sent[BEFORE[self._statement] + COUNTS :]
        row = KEYS.row(columns[: len(KEYS)])
        row.service = SERVICES.row(columns[len(KEYS) : len(KEYS) + len(SERVICES)])
        return row

    @property
    def repeated(self) -> bool:
        """The event has been taken in."""
        return self._statement is KEY_AND_REPEAT and bool(self._sent[0])


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
    statement = ONLY_KEY
    if more and repeat is not None:
        statement = KEY_AND_REPEAT if is_likely_open(key, repeat.dedup_key) else KEY_AND_FOUND
    found = statement.first(asked | more)
    if found is None:
        raise UnknownKey
    return Known(found, elapsed, statement, more)


def _repeating(event: Event | None, now: datetime, elapsed: float, source: str) -> dict[str, Any]:
    """What is needed to ask of the event as well; nothing where it cannot be asked."""
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
