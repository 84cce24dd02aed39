"""The sources behind `/integrations/<source>/<routing key>`, by the name in the address."""

from collections.abc import Callable, Mapping

from escalation.sources import alertmanager
from escalation.sources.event import Event

Parser = Callable[[bytes], list[Event]]

PARSERS: Mapping[str, Parser] = {"alertmanager": alertmanager.parse}
