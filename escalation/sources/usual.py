"""The names under which most senders say what the parts of an event are, and the words they use.

Names are compared by letters and digits alone: `dedup_key`, `dedupKey` and `Dedup-Key` are one. What is not
at the top is looked for in the objects in which senders put such things (`payload`, as PagerDuty does).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from escalation.core.samples import is_secret
from escalation.sources.event import Action, read_time, web_address
from escalation.sources.fields import first, spelled

SUMMARY = (
    "summary", "title", "subject", "headline", "alertname", "name", "message", "msg", "text",
    "shortdescription", "description", "reason", "error", "details",
)  # fmt: skip
DEDUP_KEY = ("dedupkey", "dedup", "deduplicationkey", "incidentkey", "alias", "entityid")
OWN_ID = (
    "fingerprint", "alertid", "incidentid", "problemid", "checkid", "monitorid", "uid", "uuid", "key", "id",
)  # fmt: skip
"""A sender's own numbers: what another one of the same service calls 7 is another thing."""
ACTION = (
    "eventaction", "action", "eventtype", "messagetype", "status", "state", "alertstatus", "alertstate",
    "currentstate", "newstate", "newstatevalue", "transition", "type",
)  # fmt: skip
SEVERITY = ("severity", "priority", "level", "urgency", "criticality", "sev")
SOURCE = (
    "source", "host", "hostname", "server", "instance", "node", "device", "origin", "service", "application",
    "monitoringtool", "client",
)  # fmt: skip
BEGAN_AT = (
    "timestamp", "startsat", "startedat", "starttime", "statestarttime", "occurredat", "firedat",
    "triggeredat", "createdat", "time", "date",
)  # fmt: skip
GROUP_KEY = ("groupkey",)
LINKS = {
    "url": "source", "link": "source", "href": "source", "weburl": "source", "htmlurl": "source",
    "alerturl": "source", "clienturl": "source", "generatorurl": "source", "externalurl": "source",
    "runbook": "runbook", "runbookurl": "runbook", "dashboard": "dashboard", "dashboardurl": "dashboard",
    "graphurl": "graph", "imageurl": "image", "silenceurl": "silence",
}  # fmt: skip
INSIDE = ("payload", "alert", "event", "data", "incident", "detail")
LABEL_OBJECTS = ("labels", "customdetails", "details", "tags", "attributes", "properties", "meta", "extra")
KEYS = {"routingkey", "servicekey"}
NO_LABELS = frozenset({*SUMMARY, *DEDUP_KEY, *OWN_ID, *ACTION, *BEGAN_AT, *LINKS}) - {"name", "alertname"}
"""Names of which other parts of an event are made. What has a name is often found by it."""
SECRETS = {*KEYS, "token", "apikey", "secret", "password", "authorization", "signature"}

RESOLVES = frozenset({
    "resolve", "resolved", "resolves", "ok", "okay", "recovered", "recover", "recovery", "close", "closed",
    "clear", "cleared", "up", "healthy", "normal", "green", "fixed", "restored", "success", "succeeded",
    "passed", "inactive", "deactivated", "end", "ended", "good",
})  # fmt: skip
ACKNOWLEDGES = frozenset({"acknowledge", "acknowledged", "acknowledgement", "ack", "acked", "investigating"})
TRIGGERS = frozenset({
    "trigger", "triggered", "firing", "fire", "fired", "alerting", "alert", "alarm", "open", "opened", "new",
    "create", "created", "active", "activated", "problem", "critical", "warning", "warn", "error", "failed",
    "failure", "fail", "failing", "down", "unhealthy", "degraded", "red", "raise", "raised", "start",
    "started", "begin", "reopened", "bad", "nodata", "no data",
})  # fmt: skip
MOST_LABELS = 64
LONGEST_LABEL = 200
MOST_LINKS = 20


def folded_names(item: Mapping[str, Any]) -> dict[str, Any]:
    """What an item says, by plain name: what stands at its top wins over what stands in an object of it."""
    plain: dict[str, Any] = {}
    levels = [item, *_inside(item), *(deep for one in _inside(item) for deep in _inside(one))]
    for level in levels:
        for name, value in level.items():
            if value is not None and value != "":
                plain.setdefault(plain_name(name), value)
    return plain


def plain_name(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def text(plain: Mapping[str, Any], names: Iterable[str]) -> str:
    """What the first of these names says that says something."""
    return first(*(plain.get(name) for name in names))


def action_of(word: str) -> Action | None:
    """None for a word that nobody here knows."""
    said = word.strip().lower()
    if said in RESOLVES:
        return Action.RESOLVE
    if said in ACKNOWLEDGES:
        return Action.ACKNOWLEDGE
    return Action.TRIGGER if said in TRIGGERS else None


def action(plain: Mapping[str, Any]) -> Action:
    """By the first name whose word is known; where none is, somebody is paged."""
    known = (action_of(spelled(plain.get(name))) for name in ACTION)
    return next((one for one in known if one), Action.TRIGGER)


def began_at(value: object) -> datetime | None:
    """A time in ISO 8601, or Unix seconds, or parts of a second, as a number or in digits."""
    number = value
    if isinstance(value, str):
        number = float(value) if value.strip().isascii() and value.strip().isdecimal() else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return read_time(value.removesuffix(" UTC")) if isinstance(value, str) else None
    scale = next((power for power in (9, 6, 3) if abs(number) > 10 ** (power + 8) * 10), 0)
    try:
        moment = datetime.fromtimestamp(number / 10**scale, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if 1970 < moment.year < 9999 else None


def labels(item: Mapping[str, Any]) -> dict[str, str]:
    """What can be said in a word or a line: at the top, in PagerDuty's places, and in objects of labels."""
    found: dict[str, str] = {}
    for level in (item, *_inside(item)):
        for name, value in level.items():
            if plain_name(name) in LABEL_OBJECTS:
                found |= pairs(value)
    for level in (*_inside(item), item):
        for name, value in level.items():
            if plain_name(name) not in NO_LABELS:
                found |= pairs({name: value})
    open_ones = [(name, value) for name, value in found.items() if not is_secret(name)]
    return dict(open_ones[:MOST_LABELS])


def pairs(value: Any) -> dict[str, str]:
    """Labels in any of the usual shapes: an object, or a list of `name:value`, `name=value` or
    {"name", "value"} (or {"key", "value"}).
    """
    if isinstance(value, dict):
        return {
            str(name)[:100]: said
            for name, one in value.items()
            if (said := spelled(one)) and len(said) <= LONGEST_LABEL and str(name)
        }
    if not isinstance(value, list):
        return {}
    found: dict[str, str] = {}
    for one in value[: MOST_LABELS * 4]:
        if isinstance(one, dict):
            found |= pairs({first(one.get("name"), one.get("key")): one.get("value")})
        elif isinstance(one, str):
            sign = min((sign for sign in ":=" if sign in one), key=one.index, default="")
            name, _, said = one.partition(sign) if sign else (one, "", "true")
            found |= pairs({name.strip(): said})
    return found


def addresses(value: Any, label: str = "source") -> list[tuple[str, str]]:
    """Links in any of the usual shapes: an address, {label: address}, or a list of addresses or of
    {"href" or "url", "text" or "title" or "name"}.
    """
    if isinstance(value, str):
        return [(label, value)]
    if isinstance(value, dict):
        href = first(value.get("href"), value.get("url"), value.get("src"))
        if web_address(href):
            said = first(*(value.get(name) for name in ("text", "title", "name", "label", "alt")))
            return [(said or label, href)]
        return [(str(name) or label, one) for name, one in value.items() if isinstance(one, str)]
    if isinstance(value, list):
        return [
            pair for one in value[: MOST_LINKS * 4] if isinstance(one, str | dict) for pair in addresses(one)
        ]
    return []


def links(plain: Mapping[str, Any]) -> list[tuple[str, str]]:
    named = [(label, plain[name]) for name, label in LINKS.items() if isinstance(plain.get(name), str)]
    listed = [pair for name in ("links", "images") for pair in addresses(plain.get(name))]
    return [*named, *listed]


def readable(item: Mapping[str, Any]) -> str:
    """Something to read of an item that has no summary: what it says in short, else all of it as JSON."""
    said: Sequence[str] = [f"{name}: {value}" for name, value in labels(item).items()]
    if said:
        return ", ".join(said[:8])
    try:
        return orjson.dumps(item).decode() if item else ""
    except TypeError:  # an expression made it
        return ""


def _inside(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    named = {plain_name(name): value for name, value in item.items() if isinstance(value, dict)}
    return [named[name] for name in INSIDE if name in named]
