"""`manage.py simulate SERVICE`: who would be paged, when and how, if nobody answers."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from escalation.core.matching import read_match, spelled
from escalation.core.plan import PlannedMessage
from escalation.core.routing import Route, first_of, outcome
from escalation.core.severity import SEVERITIES, USUAL, folded
from escalation.models import Service
from escalation.planning import simulate
from escalation.quiet.windows import in_maintenance
from escalation.selectors.routing import routes_of
from oncall.core.walltime import first_instant
from paging.actions.pages import is_hook
from people.models import User


class Command(BaseCommand):
    help = "Who would be paged for SERVICE, when and how, if nobody answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service")
        parser.add_argument(
            "--severity", default="SEV-1", help="SEV-1 to SEV-4, or a source's word, such as critical or P3."
        )
        parser.add_argument(
            "--at",
            help="ISO 8601; without an offset it is the wall-clock time of the service's team. Default: now.",
        )
        parser.add_argument(
            "--label",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="A label of the alert, once for each: the service's rules that mean it count.",
        )
        parser.add_argument("--format", default="table", choices=("table", "json"))

    def handle(self, *args: Any, **options: Any) -> None:
        service = _service(options["service"])
        zone = ZoneInfo(service.team.time_zone if service.team else "UTC")
        at = _at(options["at"], zone)
        labels = _labels(options["label"])
        route = first_of(routes_of(service), labels)
        came_to, service = service, _destination(service, route)
        severity = route.severity if route and route.severity else _severity(options["severity"], service)
        urgent = route.urgency if route else ""
        messages = simulate(service, severity=severity, at=at, labels=labels, urgent=urgent)
        people = User.objects.in_bulk({message.user for message in messages})
        if options["format"] == "json":
            self.stdout.write(json.dumps([_row(message, people) for message in messages], indent=2))
        else:
            if route is not None:
                self.stdout.write(_routed(route, came_to, service))
            self._table(service=service, at=at, zone=zone, messages=messages, people=people)

    def _table(
        self,
        *,
        service: Service,
        at: datetime,
        zone: ZoneInfo,
        messages: list[PlannedMessage],
        people: dict[int, User],
    ) -> None:
        quiet = in_maintenance([service], at=at).get(service.pk)
        if quiet is not None:
            self.stdout.write(
                f"{service} is in maintenance until {quiet.until.astimezone(zone):%F %H:%M} ({zone}): alerts "
                f"are recorded, and what is open then is paged. ({quiet.why})"
            )
        if not messages:
            self.stdout.write(
                f"Nobody would be paged for {service} at {at.astimezone(zone):%F %H:%M} ({zone})."
            )
            return
        table = Table(
            "after", f"at ({zone})", "who", "via", "step", "repeat", title=f"{service}, if nobody answers"
        )
        for message in messages:
            step = "managers" if message.step is None else str(message.step)
            when = message.at.astimezone(zone)
            who = str(people[message.user])
            table.add_row(f"+{message.at - at}", f"{when:%F %T}", who, message.via, step, str(message.repeat))
        Console(file=self.stdout).print(table)  # type: ignore[arg-type]


def _service(name: str) -> Service:
    found = Service.objects.select_related("policy", "team").filter(name=name, retired_at=None).first()
    if found is None:
        near = get_close_matches(
            name, Service.objects.filter(retired_at=None).values_list("name", flat=True), n=1
        )
        raise CommandError(f"There is no service “{name}”." + (f" Did you mean “{near[0]}”?" if near else ""))
    return found


def _destination(service: Service, route: Route | None) -> Service:
    if route is None or route.to is None:
        return service
    return Service.objects.select_related("policy", "team").get(pk=route.to)


def _routed(route: Route, came_to: Service, service: Service) -> str:
    """“By routing rule 2 of gateway (alertname=Disk*) it goes to shop-db, as SEV-3.”"""
    to = "" if service == came_to else service.name
    made = outcome(to, severity=route.severity, urgency=route.urgency)
    return f"By routing rule {route.number} of {came_to} ({spelled(route.match)}) it {made}."


def _severity(word: str, service: Service) -> str:
    """What the word means for this service."""
    if word.upper() in SEVERITIES:
        return word.upper()
    words: dict[str, str] = USUAL | {folded(one): said for one, said in service.severities.items()}
    if folded(word) not in words:
        raise CommandError(
            f"--severity {word} is no word that {service} knows; write {', '.join(SEVERITIES)}, "
            "or what a source says, such as critical."
        )
    return words[folded(word)]


def _labels(given: list[str]) -> dict[str, str]:
    try:
        return read_match("\n".join(given))
    except ValueError as fault:
        raise CommandError(f"--label: {fault}") from None


def _at(text: str | None, zone: ZoneInfo) -> datetime:
    if text is None:
        return timezone.now()
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else first_instant(at, zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(f"--at {text} is not a time; write one such as 2025-03-10T03:00Z.") from None


def _name(user: User) -> str:
    """A webhook has a name and no username that means anything."""
    return user.name if is_hook(user) else user.username


def _row(message: PlannedMessage, people: dict[int, User]) -> dict[str, Any]:
    return {
        "at": message.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "user": _name(people[message.user]),
        "via": message.via,
        "step": message.step,
        "repeat": message.repeat,
    }
