"""Zabbix, by the media type of examples/zabbix: its macros, under whatever names they are spelled.

`{EVENT.ID}`, `event_id` and `eventid` are one name. An event that recovers has the id of its problem.
"""

from collections.abc import Mapping
from typing import Any

from escalation.sources.event import Action, Event, Malformed, read_time
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, labels, links, title
from escalation.sources.request import Sent, read_fields

SEVERITIES = {
    "5": ("disaster", "SEV-1"), "4": ("high", "SEV-2"), "3": ("average", "SEV-3"),
    "2": ("warning", "SEV-3"), "1": ("information", "SEV-4"),
}  # fmt: skip
UNCLASSIFIED = ("not classified", "SEV-2")
TAGS = ("eventtagsjson", "eventtags")
TEXTS = {"eventname", "eventopdata", "triggerdescription", "eventupdatemessage", "alertmessage", *TAGS}


def parse(sent: Sent) -> list[Event]:
    """At most one event: none of the button “Test”, which fills no macro. Raises Malformed."""
    sent_fields = read_fields(sent)
    fields = {plain_name(name): value for name, value in sent_fields.items()}
    event = first(fields.get("eventid"))
    if not event:
        raise Malformed("'event_id' is missing; use the media type of examples/zabbix")
    if event.startswith("{"):
        return []
    word, severity = SEVERITIES.get(first(fields.get("eventnseverity")), UNCLASSIFIED)
    return [
        Event(
            action=_action(fields),
            dedup_key=dedup_key("zabbix", event),
            summary=title(fields.get("eventname"), fields.get("alertsubject"), f"Zabbix problem {event}"),
            severity=severity,
            word=word,
            source=first(fields.get("hostname"), fields.get("hosthost"), "Zabbix")[:MAX_SOURCE],
            labels=_labels(fields),
            links=_links(fields, event),
            payload=sent_fields,
            began_at=_began_at(fields),
        )
    ]


def plain_name(name: str) -> str:
    """`{EVENT.ID}` and `event_id` as `eventid`."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _action(fields: Mapping[str, Any]) -> Action:
    """A problem that is not said to be over is one."""
    if first(fields.get("eventvalue")) == "0" or first(fields.get("eventstatus")).upper() == "RESOLVED":
        return Action.RESOLVE
    update = first(fields.get("eventupdateaction")).lower()
    did = {word.strip() for word in update.split(",")}
    is_update = first(fields.get("eventupdatestatus")) == "1"
    return Action.ACKNOWLEDGE if is_update and "acknowledged" in did else Action.TRIGGER


def _labels(fields: Mapping[str, Any]) -> dict[str, str]:
    said = {name: value for name, value in fields.items() if name not in TEXTS}
    tags: dict[str, object] = {}
    for name in TAGS:
        for part in first(fields.get(name)).split(","):
            tag, colon, value = part.partition(":")
            if colon and not set("[]{}\"'") & set(part):
                tags[tag.strip()] = value
    return labels({name: value for name, value in (said | tags).items() if not first(value).startswith("{")})


def _links(fields: Mapping[str, Any], event: str) -> tuple[tuple[str, str], ...]:
    base, trigger = first(fields.get("zabbixurl")).rstrip("/"), first(fields.get("triggerid"))
    there = f"{base}/tr_events.php?triggerid={trigger}&eventid={event}" if base and trigger else ""
    return links([("Zabbix", there), ("runbook", fields.get("triggerurl"))])


def _began_at(fields: Mapping[str, Any]) -> Any:
    """`{EVENT.DATE}` and `{EVENT.TIME}` are in the server's zone, which is not said: only a time with one."""
    return read_time(fields.get("eventtimestamp"))
