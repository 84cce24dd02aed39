"""Sentry's webhooks of an integration: issue alerts, metric alerts, and what becomes of issues.

Signed with the integration's client secret: the hex HMAC-SHA256 of the body. The time beside it is not
signed, so a signature that was here before is what gives a replay away.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from escalation.sources.event import Action, Event, Malformed, NotGenuine, read_object, read_time, severity_of
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, inner, labels, links, spelled, title
from escalation.sources.request import Sent
from escalation.sources.signing import check_fresh, hmac_of

SIGNATURE, TIME, RESOURCE = "sentry-hook-signature", "sentry-hook-timestamp", "sentry-hook-resource"
ISSUE_ACTIONS = {
    "created": Action.TRIGGER, "unresolved": Action.TRIGGER, "resolved": Action.RESOLVE,
    "ignored": Action.RESOLVE, "archived": Action.RESOLVE,
}  # fmt: skip
METRIC_ACTIONS = {"critical": Action.TRIGGER, "warning": Action.TRIGGER, "resolved": Action.RESOLVE}
SAMPLE = "sample_event"
WORDS = {"fatal": "critical", "sample": "info", "debug": "info"}
"""Sentry's levels that other sources have no such word for."""


def parse(sent: Sent) -> list[Event]:
    """At most one event: none of what pages nobody, such as a comment. Raises Malformed."""
    posted = read_object(sent.body)
    data = inner(posted, "data")
    action = spelled(posted.get("action"))
    match _resource(sent, data):
        case "event_alert":
            event = inner(data, "event")
            return [] if _is_sample(event) else [_issue_alert(posted, event, data)]
        case "metric_alert":
            return _metric_alert(posted, inner(data, "metric_alert"), data, action)
        case "issue":
            return _issue(posted, inner(data, "issue"), action)
        case _:
            return []


def prove(sent: Sent, secret: str, now: datetime) -> str:
    """The mark of a signed post. Raises NotGenuine."""
    given = sent.headers.get(SIGNATURE, "").strip().lower()
    if not hmac.compare_digest(hmac_of(secret, sent.body).encode(), given.encode()):
        raise NotGenuine("the signature is missing or not made with the client secret that this key has")
    at = sent.headers.get(TIME)
    if at:
        check_fresh(at, now)
    return given


def _resource(sent: Sent, data: Mapping[str, Any]) -> str:
    """What it is about: the header says so, and where it was lost on the way, the body does."""
    said = sent.headers.get(RESOURCE, "").strip().lower()
    if said:
        return said
    found = {"event": "event_alert", "metric_alert": "metric_alert", "issue": "issue"}
    for name, resource in found.items():
        if name in data:
            return resource
    raise Malformed("The header Sentry-Hook-Resource is missing, and 'data' is about no alert or issue.")


def _is_sample(event: Mapping[str, Any]) -> bool:
    """Sentry's own events: those of the button “Send Test Notification”, and those to try a project with."""
    return _tags(event.get("tags")).get(SAMPLE) == "yes"


def _issue_alert(posted: Mapping[str, Any], event: Mapping[str, Any], data: Mapping[str, Any]) -> Event:
    issue = first(event.get("issue_id"), event.get("groupID"))
    if not issue:
        raise Malformed("'data.event.issue_id' is missing")
    rule = first(data.get("triggered_rule"))
    return Event(
        action=Action.TRIGGER,
        dedup_key=_key("issue", issue),
        summary=title(event.get("title"), event.get("message"), rule, f"Sentry issue {issue}"),
        **_graded(first(event.get("level"))),
        source=first(event.get("culprit"), "Sentry")[:MAX_SOURCE],
        labels=labels({"rule": rule, **_plain(event), **_tags(event.get("tags"))}),
        links=links([("Sentry", event.get("web_url")), ("issue", event.get("issue_url"))]),
        payload=dict(posted),
        began_at=read_time(event.get("datetime")),
    )


def _metric_alert(
    posted: Mapping[str, Any], alert: Mapping[str, Any], data: Mapping[str, Any], action: str
) -> list[Event]:
    name = first(alert.get("id"), alert.get("identifier"))
    if not name:
        raise Malformed("'data.metric_alert.id' is missing")
    if action not in METRIC_ACTIONS:
        raise Malformed(f"'action' is {action!r}; it must be one of {', '.join(METRIC_ACTIONS)}")
    does = METRIC_ACTIONS[action]
    rule = inner(alert, "alert_rule")
    return [
        Event(
            action=does,
            dedup_key=_key("metric_alert", name),
            summary=title(
                data.get("description_title"), alert.get("title"), rule.get("name"), f"Metric alert {name}"
            ),
            **_graded(action if does is Action.TRIGGER else ""),
            source="Sentry",
            labels=labels({**_plain(alert), "rule": rule.get("name")}),
            links=links([("Sentry", data.get("web_url"))]),
            payload=dict(posted),
            began_at=read_time(alert.get("date_started")),
        )
    ]


def _issue(posted: Mapping[str, Any], issue: Mapping[str, Any], action: str) -> list[Event]:
    name = first(issue.get("id"))
    if not name:
        raise Malformed("'data.issue.id' is missing")
    if action not in ISSUE_ACTIONS:
        return []
    does = ISSUE_ACTIONS[action]
    project = inner(issue, "project")
    return [
        Event(
            action=does,
            dedup_key=_key("issue", name),
            summary=title(issue.get("title"), issue.get("shortId"), f"Sentry issue {name}"),
            **_graded(first(issue.get("level")) if does is Action.TRIGGER else ""),
            source=first(issue.get("culprit"), "Sentry")[:MAX_SOURCE],
            labels=labels({**_plain(issue), "project": project.get("slug")}),
            links=links([("Sentry", issue.get("web_url") or issue.get("permalink"))]),
            payload=dict(posted),
            began_at=read_time(issue.get("firstSeen")),
        )
    ]


PLAIN = ("level", "platform", "environment", "release", "shortId", "priority", "project", "substatus", "type")


def _plain(said: Mapping[str, Any]) -> dict[str, object]:
    return {name: said.get(name) for name in PLAIN}


def _tags(tags: object) -> dict[str, object]:
    """A list of pairs, or of objects with a key and a value."""
    found: dict[str, object] = {}
    for tag in tags if isinstance(tags, list) else []:
        match tag:
            case [str(name), value]:
                found[name] = value
            case {"key": str(name), "value": value}:
                found[name] = value
    return found


def _graded(word: str) -> dict[str, Any]:
    return {"severity": severity_of(WORDS.get(word.lower(), word)), "word": word}


def _key(kind: str, name: str) -> str:
    return dedup_key("sentry", kind, name)
