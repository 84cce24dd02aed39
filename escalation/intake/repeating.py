"""The statement by which an event counts on its open alert, is put on the record, and is counted by key.

On PostgreSQL alone: SQLite changes one table in a statement.
"""

from datetime import datetime
from typing import Any, NamedTuple

import orjson

from escalation import engine
from escalation.core import flapping
from escalation.intake.alerts import FIRED_AGAIN
from escalation.intake.alerts import TABLE as ALERT
from escalation.intake.limits import COUNT, minute_of, shard
from escalation.loading import policy_rows
from escalation.models import Incident
from escalation.sources.event import Event
from people.ledger.models import Entry
from people.ledger.verbs import Verb

LEDGER = Entry._meta.db_table  # noqa: SLF001 - Django's documented Meta API
INCIDENT = Incident._meta.db_table  # noqa: SLF001
AGAIN = FIRED_AGAIN.split("{}")
# The alert before its line on the record before the count, as everywhere: each reads from the one before.
REPEATED = f"""
repeated AS (
    UPDATE {ALERT}
    SET event_count = event_count + 1, last_event_at = %(now)s, group_key = %(group_key)s,
        labels = %(labels)s, links = %(links)s, payload = %(payload)s
    {{of}} {ALERT}.service_id = {{service}} AND dedup_key = %(dedup_key)s AND status = 'open'
      AND incident_id IS NOT NULL AND severity <= %(severity)s
    RETURNING incident_id, event_count
), said AS (
    INSERT INTO {LEDGER} (at, verb, subject_type, subject_id, actor_name, what, why, data)
    SELECT %(now)s, '{Verb.ALERT_REPEATED.value}', 'incident', incident_id, {{actor}},
           '{AGAIN[0]}' || event_count || '{AGAIN[1]}', '', '{{{{}}}}' FROM {{found}}
), counted AS (
    {COUNT.format(rows="SELECT {key}, %(minute)s, %(shard)s::int, 1, 0, %(now)s FROM {found}")}
)
"""  # noqa: S608


# Where nothing is repeated: what a new alert has to know, and the number of its incident.
FOUND = f"""
SELECT found.times, found.is_open, past.episodes, past.last, found.lately, opening.number,
       CASE WHEN opening.number IS NOT NULL THEN ({policy_rows("{policy}", vendor="postgresql")}) END,
       found.*
FROM (
    SELECT {{sender}}, times,
           CASE WHEN times = 0 THEN EXISTS (
               SELECT FROM {ALERT}
               WHERE service_id = {{service}} AND dedup_key = %(dedup_key)s AND status = 'open'
           ) END AS is_open,
           CASE WHEN times = 0 THEN EXISTS (
               SELECT FROM {INCIDENT} WHERE service_id = {{service}} AND triggered_at > %(lately)s
           ) END AS lately
    FROM {{of}}, ({{counting}}) AS counting
    OFFSET 0
) AS found
LEFT JOIN LATERAL (
    SELECT count(*) AS episodes, max(resolved_at) AS last
    FROM {ALERT}
    WHERE found.times = 0 AND service_id = {{past_of}} AND dedup_key = %(dedup_key)s
      AND resolved_at > %(since)s
) AS past ON found.times = 0
LEFT JOIN LATERAL (
    SELECT nextval(pg_get_serial_sequence('{INCIDENT}', 'id')) AS number
    WHERE found.times = 0 AND NOT found.is_open AND {{opens}}
) AS opening ON true
"""  # noqa: S608


COUNTING, NOTHING_REPEATED = "SELECT count(*) AS times FROM repeated", "SELECT 0 AS times"


class Found(NamedTuple):
    """What FOUND says first. `times` is 1 where the event has been taken in; otherwise whether an alert with
    its key is open, how often that came and went within a day and when it did last, whether its service had
    another incident lately, and the number of the incident that may be opened (None: none by this way) with
    the rows of its policy (`escalation.loading.policy_rows`).
    """

    times: int
    is_open: bool
    episodes: int
    last: datetime | None
    lately: bool
    number: int | None
    policy: str | None


FOUNDS = len(Found._fields)


def given(event: Event, *, now: datetime) -> dict[str, Any]:
    """What the statement needs of an event, by name. Raises TypeError for what orjson does not write."""
    return {
        "dedup_key": event.dedup_key,
        "group_key": event.group_key,
        "severity": event.severity,
        "labels": orjson.dumps(dict(event.labels)).decode(),
        "links": orjson.dumps(event.links).decode(),
        "payload": orjson.dumps(dict(event.payload)).decode(),
        "now": now,
        "minute": minute_of(now),
        "shard": shard(),
        "since": now - flapping.WITHIN,
        "lately": now - engine.LATELY,
    }
