"""Healthchecks' webhook: a check is one alert. docs/sources.md has what to enter there."""

from escalation.sources.event import Action, Event, Malformed, read_time
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, labels, links, title
from escalation.sources.request import Sent, read_fields

ACTIONS = {"down": Action.TRIGGER, "up": Action.RESOLVE}
WAITS = {"new", "paused", "started", "grace"}
TEST_NAME, TEST_PINGS = "TEST", "42"
"""Healthchecks' button “Test” tells of a check that there is not, always this one."""
ADDRESSES = {"ping_url", "update_url", "pause_url", "resume_url"}
"""Whoever knows these can call for the check, or stop it: they are not kept."""
TEXTS = {"desc", "last_ping", "next_ping", "badge_url", "tags"}


def parse(sent: Sent) -> list[Event]:
    """At most one event, from the body and the address's query together: none of a test. Raises Malformed."""
    fields = {**sent.query, **(read_fields(sent) if sent.body.strip() else {})}
    fields = {key: value for key, value in fields.items() if key not in ADDRESSES}
    status = first(fields.get("status")).lower()
    name = first(fields.get("name"), fields.get("slug"))
    check = first(*(fields.get(one) for one in ("code", "uuid", "unique_key", "slug", "name")))
    if status not in ACTIONS and status not in WAITS:
        raise Malformed(f"'status' is {status!r}; send $STATUS, which is down or up")
    if not check:
        raise Malformed("'code' is missing; send $CODE, or $JSON as the body")
    if status in WAITS or _is_test(name, first(fields.get("n_pings"))):
        return []
    tags = dict.fromkeys(first(fields.get("tags")).split(), "true")
    said = {key: value for key, value in fields.items() if key not in TEXTS}
    return [
        Event(
            action=ACTIONS[status],
            dedup_key=dedup_key("healthchecks", check),
            summary=title(f"{name or check} is {status}"),
            source=first(name, "Healthchecks")[:MAX_SOURCE],
            labels=labels(tags | said),
            links=links([("check", fields.get("url")), ("check", fields.get("details_url"))]),
            payload=fields,
            began_at=read_time(fields.get("now")),
        )
    ]


def _is_test(name: str, pings: str) -> bool:
    return name == TEST_NAME and pings in {TEST_PINGS, ""}
