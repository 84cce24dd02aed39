"""Grafana Alerting's webhook: Alertmanager's shape, with links of its own, signed where a secret is set.

The signature (Grafana 12 and later) is the hex HMAC-SHA256 of the body, or, where a header for the time is
named too, of the time, a colon and the body.
"""

import hmac
from dataclasses import replace
from datetime import datetime

from escalation.sources import alertmanager
from escalation.sources.event import Event, NotGenuine, read_object
from escalation.sources.fields import links
from escalation.sources.request import Sent
from escalation.sources.signing import check_fresh, hmac_of

SIGNATURE = "x-grafana-alerting-signature"
TIMES = ("x-grafana-alerting-timestamp", "x-grafana-alerting-signature-timestamp")
"""Grafana has no name of its own for it: these two are in its documentation."""
LINKS = (
    ("dashboardURL", "dashboard"), ("panelURL", "panel"), ("silenceURL", "silence"), ("imageURL", "image"),
)  # fmt: skip


def parse(sent: Sent) -> list[Event]:
    """The events of the post; none of what the button “Test” sends. Raises Malformed."""
    events = alertmanager.events_of(read_object(sent.body))
    real = [_linked(event) for event in events if not _is_test(event)]
    return [] if all(event.whole_group for event in real) and len(real) < len(events) else real


def prove(sent: Sent, secret: str, now: datetime) -> str:
    """The mark of a signed post. One without the time may well come again: the same alerts still fire.

    Raises NotGenuine.
    """
    at = next((said for name in TIMES if (said := sent.headers.get(name))), "")
    signed = f"{at}:".encode() + sent.body if at else sent.body
    given = sent.headers.get(SIGNATURE, "")
    if not hmac.compare_digest(hmac_of(secret, signed).encode(), given.strip().lower().encode()):
        raise NotGenuine("the signature is missing or not made with this key's secret")
    if not at:
        return ""
    check_fresh(at, now)
    return given.strip().lower()


def _is_test(event: Event) -> bool:
    return event.labels.get("alertname") == "TestAlert" and event.labels.get("instance") == "Grafana"


def _linked(event: Event) -> Event:
    own = [(label, event.payload.get(name)) for name, label in LINKS]
    return replace(event, links=links([*event.links, *own]))
