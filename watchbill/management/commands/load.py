"""manage.py load: which shifts were noisy, and what made them so."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from oncall.api.instants import read_instant
from oncall.api.lookups import UnknownName, find_schedule, find_team, zones_at
from oncall.models import Schedule
from people import clock
from people.ledger.record import Actor
from people.models import Team, User
from watchbill.reports.actions.sending import address_of, send_due
from watchbill.reports.actions.storing import keep_asked
from watchbill.reports.core.narrow import narrow
from watchbill.reports.core.report import LoadReport
from watchbill.reports.gathering import Scope
from watchbill.reports.models import Delivery
from watchbill.reports.reporting import nobodys, reports
from watchbill.reports.selectors import deliveries_of, recipients
from watchbill.reports.writing.as_csv import shifts_csv
from watchbill.reports.writing.as_html import as_html
from watchbill.reports.writing.as_json import as_json
from watchbill.reports.writing.as_text import WIDE, as_text

FORMATS = ("text", "json", "html", "csv")
A_WEEK = timedelta(days=7)
BY = Actor("manage.py load")
NOBODY = User(username="", is_superuser=True)
"""Whoever has this shell reads all of it."""


class Command(BaseCommand):
    help = (
        "Print the pager-load report: each shift with its verdict, the alerts that made it so, and who "
        "carried how much. Without a range: the seven days up to now, with the shifts that touch them whole. "
        "With one: cut at its edges; --until is not included, and is now where it is left out. A time is a "
        "date or ISO 8601; without an offset it is wall-clock time of the schedule, or of the team, or UTC."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--since", metavar="T")
        parser.add_argument("--until", metavar="T")
        parser.add_argument(
            "--schedule", metavar="S", help="only the shifts of this one; totals stay the team's"
        )
        parser.add_argument("--team", metavar="T", help="one team; all that have a schedule if left out")
        parser.add_argument("--format", choices=FORMATS, default="text")
        parser.add_argument(
            "--send", action="store_true", help="keep it, and mail it to whom the weekly one of the team goes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        try:
            schedule = None if options["schedule"] is None else find_schedule(options["schedule"])
            teams = _teams(options["team"], schedule)
            scope = _scope(options, _zone(schedule, teams, options["team"], now), now=now)
        except (UnknownName, ValueError) as fault:
            raise CommandError(str(fault)) from None
        made: Iterable[LoadReport] = _made(teams, scope, schedule)
        if options["send"]:
            made = self._sent(list(made))
        write = {"text": _text, "json": _json, "html": _html, "csv": _csv}[options["format"]]
        for piece in write(made):
            self.stdout.write(piece, ending="")

    def _sent(self, made: list[LoadReport]) -> list[LoadReport]:
        """Says of each mail what became of it, on standard error: the report itself is on the other."""
        for report in made:
            if not report.team_id:
                self.stderr.write("Schedules of no team: sent to nobody, and not kept; give them a team.")
                continue
            now = clock.now()
            team = Team.objects.get(pk=report.team_id)
            stored = keep_asked(report, to=dict.fromkeys(recipients(team), now), by=BY, now=now)
            send_due(clock=clock.now, limit=len(recipients(team)), of=stored)
            for line in _became(report.team, deliveries_of(stored), address_of(stored)):
                self.stderr.write(line)
        return made


def _teams(name: str | None, schedule: Schedule | None) -> list[Team]:
    """Raises UnknownName and ValueError, with a sentence."""
    if name is not None:
        team = find_team(name)
        if schedule is not None and schedule.team != team:
            raise ValueError(f"“{schedule.name}” is a schedule of “{schedule.team}”, and not of “{team}”.")
        return [team]
    if schedule is not None:
        return [schedule.team or nobodys()]
    found = list(Team.objects.filter(pk__in=Schedule.objects.values("team")))
    return [*found, nobodys()] if Schedule.objects.filter(team=None, retired_at=None).exists() else found


def _zone(schedule: Schedule | None, teams: list[Team], name: str | None, now: datetime) -> ZoneInfo:
    if schedule is not None:
        return zones_at([schedule], at=now)[schedule.pk]
    return ZoneInfo("UTC" if name is None else teams[0].time_zone)


def _scope(options: dict[str, Any], zone: ZoneInfo, *, now: datetime) -> Scope:
    """Raises ValueError with a sentence."""
    if options["since"] is None:
        if options["until"] is not None:
            raise ValueError("Say where it begins, too: --since.")
        return Scope(since=now - A_WEEK, until=now, now=now, whole=True)
    since = read_instant(options["since"], zone)
    until = max(now, since) if options["until"] is None else read_instant(options["until"], zone)
    if since >= now:
        until = max(until, since + A_WEEK)  # that it lies ahead is what is wrong with it
    return Scope(since=since, until=until, now=now, whole=False)


def _made(teams: list[Team], scope: Scope, schedule: Schedule | None) -> Iterator[LoadReport]:
    """With a bar on standard error, where somebody looks at it."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Teams", total=len(teams))
        for report in reports(teams, scope, progress=lambda more: bar.advance(task, more)):
            yield report if schedule is None else narrow(report, schedule=schedule.name)


def _text(made: Iterable[LoadReport]) -> Iterator[str]:
    width = None if sys.stdout.isatty() else WIDE
    nothing = True
    for report in made:
        yield ("" if nothing else "\n") + as_text(report, width=width)
        nothing = False
    if nothing:
        yield "There is no team with a schedule.\n"


def _json(made: Iterable[LoadReport]) -> Iterator[str]:
    yield json.dumps(as_json(made), indent=2, ensure_ascii=False) + "\n"


def _csv(made: Iterable[LoadReport]) -> Iterator[str]:
    yield shifts_csv(made)


def _html(made: Iterable[LoadReport]) -> Iterator[str]:
    for report in made:
        address = f"{settings.PUBLIC_URL}/load/team/{quote(report.team)}/"
        yield as_html(report, reader=NOBODY, address=address) + "\n"


def _became(team: str, mails: list[Delivery], address: str) -> Iterator[str]:
    """A line for each mail, and where the report can be read."""
    if not mails:
        yield f"{team}: sent to nobody; it has no manager, and nobody is named."
    for one in mails:
        yield f"{team}, {one.user.username}: {_state(one)}"
    yield f"{team}: kept at {address}"


def _state(mail: Delivery) -> str:
    if mail.state == Delivery.State.PENDING:
        again = f"{mail.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return f"not sent, tried again at {again}. {mail.error}".strip()
    if mail.state == Delivery.State.GIVEN_UP:
        return f"not sent. {mail.error}"
    return f"{mail.get_state_display()}."
