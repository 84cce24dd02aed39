"""The statement by which events count on their open alerts, are put on the record, and are counted by key.

On PostgreSQL alone: SQLite changes one table in a statement. They are the rows of a relation `event`, which
says of each also its turn, key, service, policy and actor, whether it may be counted here (`counts`) and
whether it may open an incident (`opens`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from escalation import engine
from escalation.core import flapping
from escalation.intake.alerts import FIRED_AGAIN
from escalation.intake.alerts import TABLE as ALERT
from escalation.intake.limits import COUNT, shard
from escalation.loading import policy_rows
from escalation.models import Incident
from escalation.sources.event import Event
from people.ledger.models import Entry
from people.ledger.verbs import Verb

LEDGER = Entry._meta.db_table  # noqa: SLF001 - Django's documented Meta API
INCIDENT = Incident._meta.db_table  # noqa: SLF001
AGAIN = FIRED_AGAIN.split("{}")
EVENT = (
    "dedup_key text, group_key text, severity text, labels jsonb, links jsonb, payload jsonb, at timestamptz"
)
"""What is said of each event, as `given` says it."""
COUNTED = COUNT.format(
    rows="""
    SELECT key, date_trunc('minute', at, 'UTC') AS minute, %(shard)s::int, count(*), 0, max(at)
    FROM {of} GROUP BY key, minute ORDER BY key, minute
    """
)
# The alert before its line on the record before the count, as everywhere: each reads from the one before. The
# alerts are locked in the order of their keys, and one that fires again twice is counted and told of twice.
# Each is looked for by itself: a join could read all that are open, and would be planned while none was.
REPEATED = f"""
held AS (
    SELECT alert.id, event.*
    FROM (SELECT * FROM event WHERE counts ORDER BY service, dedup_key COLLATE "C") AS event
    CROSS JOIN LATERAL (
        SELECT id FROM {ALERT}
        WHERE service_id = event.service AND dedup_key = event.dedup_key AND status = 'open'
          AND incident_id IS NOT NULL AND severity <= event.severity
        FOR NO KEY UPDATE
    ) AS alert
), again AS (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY turn) AS nth,
           count(*) OVER (PARTITION BY id) AS times
    FROM held
), repeated AS (
    UPDATE {ALERT}
    SET event_count = event_count + again.times, last_event_at = again.at, group_key = again.group_key,
        labels = again.labels, links = again.links, payload = again.payload
    FROM again
    WHERE {ALERT}.id = again.id AND again.nth = again.times
    RETURNING {ALERT}.id, incident_id, event_count - again.times AS before
), said AS (
    INSERT INTO {LEDGER} (at, verb, subject_type, subject_id, actor_name, what, why, data)
    SELECT again.at, '{Verb.ALERT_REPEATED.value}', 'incident', incident_id, again.actor,
           '{AGAIN[0]}' || before + nth || '{AGAIN[1]}', '', '{{}}'
    FROM again JOIN repeated USING (id) ORDER BY again.turn
), counted AS (
    {COUNTED.format(of="again JOIN repeated USING (id)")}
)
"""  # noqa: S608

# Where nothing is repeated: what a new alert has to know, and the number of its incident. The latest incident
# is looked for by its index: asked whether there is a late one, the planner reads all of them to find none.
# With an OFFSET the EXISTS is asked of each event; without one all that are open may be read for a few.
# A number names its turn: what is asked the same way twice the planner may ask once.
FOUND = f"""
found AS (
    SELECT looked.*, past.episodes, past.last, opening.number
    FROM (
        SELECT event.*, {{times}} AS times,
               CASE WHEN {{times}} = 0 THEN EXISTS (
                   SELECT FROM {ALERT} alert
                   WHERE alert.service_id = event.service AND alert.dedup_key = event.dedup_key
                     AND alert.status = 'open'
                   OFFSET 0
               ) END AS is_open,
               CASE WHEN {{times}} = 0 THEN COALESCE((
                   SELECT incident.triggered_at > %(lately)s
                   FROM {INCIDENT} incident WHERE incident.service_id = event.service
                   ORDER BY incident.triggered_at DESC LIMIT 1
               ), false) END AS lately
        FROM {{of}}
        OFFSET 0
    ) AS looked
    LEFT JOIN LATERAL (
        SELECT count(*) AS episodes, max(alert.resolved_at) AS last
        FROM {ALERT} alert
        WHERE looked.times = 0 AND alert.service_id = looked.service AND alert.dedup_key = looked.dedup_key
          AND alert.resolved_at > %(since)s
    ) AS past ON looked.times = 0
    LEFT JOIN LATERAL (
        SELECT nextval(pg_get_serial_sequence('{INCIDENT}', 'id')) AS number
        WHERE looked.turn IS NOT NULL AND looked.times = 0 AND NOT looked.is_open AND looked.opens
    ) AS opening ON true
), policies AS (
    SELECT of.policy, ({policy_rows("of.policy", vendor="postgresql")}) AS text
    FROM (SELECT DISTINCT policy FROM found WHERE number IS NOT NULL) AS of
)
"""  # noqa: S608
FOUNDS = "found.turn, times, is_open, episodes, last, lately, number, policies.text"
FROM_FOUND = "found LEFT JOIN policies ON policies.policy = found.policy AND number IS NOT NULL"


class Found(NamedTuple):
    """What FOUNDS says after the turn. `times` is 1 where the event has been taken in; otherwise whether an
    alert with its key is open, how often that came and went within a day and when it did last, whether its
    service had another incident lately, and the number of the incident that may be opened (None: none by this
    way) with the rows of its policy (`escalation.loading.policy_rows`).
    """

    times: int
    is_open: bool
    episodes: int
    last: datetime | None
    lately: bool
    number: int | None
    policy: str | None

    @classmethod
    def read(cls, row: Sequence[Any]) -> "Found":
        return cls(*row[1 : 1 + len(cls._fields)])


def given(event: Event, *, now: datetime) -> dict[str, Any]:
    """What the statements need of an event, by name. Raises TypeError for what orjson does not write."""
    return {
        "dedup_key": event.dedup_key,
        "group_key": event.group_key,
        "severity": event.severity,
        "labels": orjson.Fragment(orjson.dumps(dict(event.labels))),
        "links": orjson.Fragment(orjson.dumps(event.links)),
        "payload": orjson.Fragment(orjson.dumps(dict(event.payload))),
        "at": now,
    }


def counts_at(now: datetime) -> dict[str, Any]:
    """What all that are asked about together have in common."""
    return {"shard": shard(), "since": now - flapping.WITHIN, "lately": now - engine.LATELY}
