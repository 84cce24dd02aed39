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
from escalation.intake.batched import Batched, One, events
from escalation.intake.guessing import is_likely_open
from escalation.intake.limits import TABLE, minute_of
from escalation.intake.repeating import EVENT, FOUND, FOUNDS, FROM_FOUND, REPEATED, Found, counts_at, given
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
WHERE sender.digest {{is_it}} AND sender.revoked_at IS NULL AND service.retired_at IS NULL
"""  # noqa: S608
# Of each digest on its own: it may be that a service has thousands of keys.
TRIED = f"""
SELECT known.*, key_signing_secret = ''
       AND NOT (service_has_rules OR service_has_routing OR service_has_maintenance)
       AND (COALESCE(key_events_per_minute, %(limit)s) = 0
            OR current + before * %(share)s < COALESCE(key_events_per_minute, %(limit)s)) AS may
FROM (SELECT DISTINCT digest FROM given) AS asked,
     LATERAL ({KEY.format(is_it="= asked.digest")} LIMIT 1) AS known
"""  # noqa: S608
# Counted only where the service says nothing of severities of its own: what it says is read here.
SENT = f"""
WITH given AS ({events(f"digest text, sent_by text, {EVENT}")}), sender AS ({TRIED}), event AS (
    SELECT given.*, key_id AS key, key_service_id AS service, service_policy_id AS policy,
           left(key_name || sent_by, 200) AS actor,
           may AND service_severities = '{{}}' AND service_severity_rules = '[]' AS counts,
           may AND service_group_window IS NULL AS opens
    FROM given JOIN sender ON key_digest = digest
)
"""  # noqa: S608
ONLY_KEY = Statement(KEY.format(is_it="= %(digest)s"))
KEY_AND_REPEAT = Statement(f"""
{SENT}, {REPEATED}
SELECT event.turn, (repeated.id IS NOT NULL)::int, sender.*
FROM event
LEFT JOIN (again JOIN repeated USING (id)) ON again.turn = event.turn
LEFT JOIN sender ON repeated.id IS NULL AND key_digest = event.digest
""")  # noqa: S608
KEY_AND_FOUND = Statement(f"""
{SENT}, {FOUND.format(times="0", of="event")}
SELECT {FOUNDS}, sender.*
FROM {FROM_FOUND} JOIN sender ON key_digest = found.digest
""")  # noqa: S608
BEFORE = {KEY_AND_REPEAT: 2, KEY_AND_FOUND: 1 + len(Found._fields), ONLY_KEY: 0}
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
        return Found.read(self._sent) if self._statement is KEY_AND_FOUND else None

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
        return self._statement is KEY_AND_REPEAT and bool(self._sent[1])


def service_key(
    key: str, *, now: datetime = LONG_AGO, repeat: Event | None = None, source: str = ""
) -> Known:
    """The live routing key with this value, and what had come by it at `now`. If all that is to be done about
    the event `repeat` is to count it, that is done. Raises UnknownKey.
    """
    digest = RoutingKey.digest_of(key)
    one = _asked_about(repeat, digest, now, source)
    if one is None:
        found, statement = ONLY_KEY.first({"digest": digest, **_minutes(now)}), ONLY_KEY
    else:
        statement = KEY_AND_REPEAT if is_likely_open(key, one.said["dedup_key"]) else KEY_AND_FOUND
        found, now = BATCHED[statement].ask(one)
    if found is None:
        raise UnknownKey
    return Known(found, _elapsed(now), statement, one.said if one else {})


def _asked_about(event: Event | None, digest: str, now: datetime, source: str) -> One | None:
    """Nothing where it cannot be asked about."""
    if event is None or connection.vendor != "postgresql":
        return None
    try:
        return One({**given(event, now=now), "digest": digest, "sent_by": f" ({source})"}, now)
    except TypeError:
        return None


def _elapsed(now: datetime) -> float:
    """Seconds of the clock's minute."""
    return (now - minute_of(now)).total_seconds()


def _minutes(now: datetime) -> dict[str, Any]:
    moment: Any = connection.ops.adapt_datetimefield_value
    return {"minute": moment(minute_of(now)), "before": moment(minute_of(now, before=1))}


def _common(now: datetime) -> dict[str, Any]:
    rate = {"limit": settings.EVENTS_PER_MINUTE, "share": 1 - _elapsed(now) / MINUTE}
    return {**_minutes(now), **rate, **counts_at(now)}


BATCHED = {statement: Batched(statement, _common) for statement in (KEY_AND_REPEAT, KEY_AND_FOUND)}
