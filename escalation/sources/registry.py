"""The sources behind `/integrations/<source>/<routing key>`, by the name in the address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from escalation.sources import (
    alertmanager,
    apprise,
    datadog,
    generic,
    goalert,
    grafana,
    healthchecks,
    nagios,
    sentry,
    sns,
    uptime_kuma,
    victorops,
    zabbix,
)
from escalation.sources.event import Event, NotGenuine
from escalation.sources.request import Sent

POSTED = ("POST", "PUT")
ASKED = ("POST", "PUT", "GET")
"""Senders that can put what they say into the address alone."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """How one source is read. `name` stands in its address, `title` is for people. `parse` makes events of a
    request: none of a test, none of what pages nobody; it raises Malformed. `prove` says whether the secret
    of a key signed it (see `proof`), None for a source that never signs. `methods` are those it may use,
    `status` what it takes for an answer that all is well, and `answer` what it reads in one, beside what
    every source is told.
    """

    name: str
    title: str
    parse: Callable[[Sent], list[Event]]
    prove: Callable[[Sent, str, datetime], str] | None = None
    methods: tuple[str, ...] = POSTED
    status: int = 200
    answer: Callable[[Sequence[Event]], Mapping[str, Any]] = lambda _events: {}

    def proof(self, sent: Sent, *, now: datetime) -> Callable[[str], str]:
        """Asks of a key's secret whether it signed this. A key without one trusts whoever knows the key; one
        with a secret takes only what is signed. What it returns is the mark by which a post is known again,
        empty for one that may come twice. It raises NotGenuine.
        """

        def prove(secret: str) -> str:
            if not secret:
                return ""
            if self.prove is None:
                raise NotGenuine(f"{self.title} does not sign, and this key takes only what is signed")
            return self.prove(sent, secret, now)

        return prove


ALL = (
    Source(name="alertmanager", title="Alertmanager", parse=alertmanager.parse),
    Source(name="grafana", title="Grafana", parse=grafana.parse, prove=grafana.prove),
    Source(name="datadog", title="Datadog", parse=datadog.parse),
    Source(name="sns", title="Amazon SNS, CloudWatch", parse=sns.parse),
    Source(name="sentry", title="Sentry", parse=sentry.parse, prove=sentry.prove),
    Source(name="zabbix", title="Zabbix", parse=zabbix.parse, status=202),
    Source(name="nagios", title="Nagios, Icinga", parse=nagios.parse),
    Source(name="uptime-kuma", title="Uptime Kuma", parse=uptime_kuma.parse, methods=ASKED),
    Source(name="healthchecks", title="Healthchecks", parse=healthchecks.parse, methods=ASKED),
    Source(name="victorops", title="VictorOps", parse=victorops.parse, answer=victorops.answer),
    Source(name="apprise", title="Apprise (jsons://)", parse=apprise.parse),
    Source(name="goalert", title="GoAlert's generic API", parse=goalert.parse, methods=ASKED),
    Source(
        name="generic",
        title="Anything else (generic)",
        parse=generic.parse,
        prove=generic.prove,
        methods=ASKED,
    ),
)
SOURCES: Mapping[str, Source] = {source.name: source for source in ALL}
