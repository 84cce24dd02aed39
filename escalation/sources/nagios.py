"""Nagios and Icinga, by the notify script of examples/nagios: one notification about a host or a service.

The names are those of Nagios macros (`HOSTNAME`, `SERVICEDESC`) in any case, with or without lines between.
"""

from collections.abc import Mapping
from typing import Any

from escalation.sources.event import Action, Event, Malformed
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, labels, links, title
from escalation.sources.request import Sent, read_fields
from escalation.sources.zabbix import plain_name

ACTIONS = {
    "PROBLEM": Action.TRIGGER, "RECOVERY": Action.RESOLVE, "ACKNOWLEDGEMENT": Action.ACKNOWLEDGE,
}  # fmt: skip
QUIET = ("FLAPPING", "DOWNTIME")
"""What these begin with pages nobody: the problem itself was told before."""
WELL = {"OK", "UP"}
SEVERITIES = {
    "CRITICAL": "SEV-1", "DOWN": "SEV-1", "WARNING": "SEV-3", "UNKNOWN": "SEV-2", "UNREACHABLE": "SEV-2",
}  # fmt: skip
TEXTS = {"serviceoutput", "hostoutput", "longserviceoutput", "longhostoutput", "notificationcomment"}


def parse(sent: Sent) -> list[Event]:
    """At most one event. What a person sends by hand (CUSTOM) pages while the state is bad, and is a test
    while it is well. Raises Malformed.
    """
    sent_fields = read_fields(sent)
    fields = {plain_name(name): value for name, value in sent_fields.items()}
    kind = first(fields.get("notificationtype")).upper()
    host, service = first(fields.get("hostname")), first(fields.get("servicedesc"))
    if not host:
        raise Malformed("'HOSTNAME' is missing; use the script of examples/nagios")
    state = first(fields.get("servicestate") if service else fields.get("hoststate")).upper()
    action = _action(kind, state)
    if action is None:
        return []
    return [
        Event(
            action=action,
            dedup_key=_key(host, service),
            summary=_title(fields, host, service, state),
            severity=SEVERITIES.get(state, "SEV-2"),
            word=state.lower() if action is Action.TRIGGER else "",
            source=host[:MAX_SOURCE],
            labels=labels({name: value for name, value in fields.items() if name not in TEXTS}),
            links=_links(fields, service),
            payload=sent_fields,
        )
    ]


def _action(kind: str, state: str) -> Action | None:
    if kind.startswith(QUIET):
        return None
    if kind == "CUSTOM":
        return None if state in WELL else Action.TRIGGER
    if kind not in ACTIONS:
        raise Malformed(f"'NOTIFICATIONTYPE' is {kind!r}; it must be one of {', '.join(ACTIONS)}, CUSTOM")
    return ACTIONS[kind]


def _key(host: str, service: str) -> str:
    """As PagerDuty's plugin for Nagios names them."""
    if service:
        return dedup_key(f"event_source=service;host_name={host};service_desc={service}")
    return dedup_key(f"event_source=host;host_name={host}")


def _title(fields: Mapping[str, Any], host: str, service: str, state: str) -> str:
    output = first(fields.get("serviceoutput") if service else fields.get("hostoutput"))
    what = f"{service} on {host}" if service else host
    return title(f"{what} is {state}: {output}" if output else f"{what} is {state}")


def _links(fields: Mapping[str, Any], service: str) -> tuple[tuple[str, str], ...]:
    kind = "service" if service else "host"
    notes, action = fields.get(f"{kind}notesurl"), fields.get(f"{kind}actionurl")
    return links([("runbook", notes), ("action", action), ("source", fields.get("url"))])
