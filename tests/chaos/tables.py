"""What only the tables know: what was in somebody's hands, and when steps ran. Nothing is written."""

from collections import defaultdict
from datetime import UTC, datetime

IN_FLIGHT = "SELECT id FROM paging_notification WHERE state = 'claimed'"
WAITING = """
SELECT count(*) FROM paging_notification waiting JOIN paging_page page ON page.id = waiting.page_id
WHERE waiting.state IN ('pending', 'unknown', 'claimed') AND page.stopped_at IS NULL
"""
NEXT_TRIES = """
SELECT notification_id, min(at) FROM paging_attempt WHERE notification_id = ANY(%s) AND at > %s
GROUP BY notification_id
"""
STEPS = """
SELECT incident.title, incident.triggered_at, page.run, min(page.created_at)
FROM escalation_incident incident JOIN paging_page page ON page.cause = 'incident:' || incident.id
WHERE page.run ~ '^[0-9]+[.][0-9]+[.][0-9]+$'
GROUP BY incident.id, page.run ORDER BY incident.id, min(page.created_at)
"""
HANDED_OVER = """
SELECT subject_id, data ->> 'role', data ->> 'at', count(*) FROM ledger_entry WHERE verb = 'handoff.happened'
GROUP BY 1, 2, 3
"""
LATE = 5.0
"""A step that ran later than this (or than half its time) moves the next ones, by the domain's own rule."""


def in_flight(postgres):
    """The ids of the messages that somebody holds."""
    return [pk for (pk,) in postgres.ask(IN_FLIGHT)]


def waiting(postgres):
    """How many messages are still to leave."""
    return postgres.ask(WAITING)[0][0]


def next_tries(postgres, ids, after):
    """How many seconds after `after` each of these messages was handed over next, where it was."""
    since = datetime.fromtimestamp(after, UTC)
    return [(at - since).total_seconds() for _, at in postgres.ask(NEXT_TRIES, (ids, since))]


def handed_over(postgres):
    """{(schedule, role, at): how often the chore of every engine and worker wrote this handoff down}."""
    return {tuple(handoff): times for *handoff, times in postgres.ask(HANDED_OVER)}


def step_lateness(postgres, step):
    """{title: how many seconds late each of its steps ran}. `step` is what every step waits, in seconds."""
    found, due = defaultdict(list), {}
    for title, triggered_at, _run, at in postgres.ask(STEPS):
        when, ran = due.get(title, triggered_at.timestamp()), at.timestamp()
        late = ran - when
        found[title].append(max(0.0, late))
        due[title] = (when if late <= min(LATE, step / 2) else ran) + step
    return found
