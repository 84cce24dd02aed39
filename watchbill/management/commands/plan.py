"""manage.py plan: a fair quarter, beside the plain rotation; written when it is accepted."""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.table import Table

from oncall.actions import Refused
from oncall.api.instants import read_instant, written
from oncall.api.lookups import UnknownName, find_schedule, zones_at
from oncall.planning import Proposal, accept, propose
from oncall.planning.told import as_values, figure_rows, notes, spreads, turn_rows
from oncall.solver.base import Progress, SolverFailed, SolverMissing
from people.ledger.record import Actor
from watchbill.management.commands.shifts import as_text, local

MEASURES = ("turns", "hours", "nights", "weekend_days", "holidays", "time_off", "short_rests")
HEADS = ("turns", "hours", "nights", "weekend days", "holidays", "on time off", "short rests")
BY = Actor("manage.py plan")
LONGEST = 3600.0


class Command(BaseCommand):
    help = (
        "Propose who carries the turns of a time: nobody on time off, rested, not twice in a row, and hours, "
        "nights, weekends and holidays as equal as can be. Shown beside the rotation; --accept writes it as "
        "a temporary schedule. A time is a date or ISO 8601; without an offset it is wall-clock time of "
        "the schedule. --until is not included."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("schedule", metavar="SCHEDULE")
        parser.add_argument("--since", required=True, metavar="T")
        parser.add_argument("--until", required=True, metavar="T")
        parser.add_argument("--seconds", type=float, default=20, help="how long to look; 20 if left out")
        parser.add_argument("--format", choices=("table", "json"), default="table")
        parser.add_argument("--accept", action="store_true", help="write it without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            proposal = self._proposed(options)
        except (UnknownName, ValueError, SolverFailed) as fault:
            raise CommandError(str(fault)) from None
        except SolverMissing as missing:
            raise CommandError(str(missing), returncode=2) from None
        if options["format"] == "json":
            self.stdout.write(json.dumps(as_values(proposal), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(_as_text(proposal))
        if options["accept"] or (options["format"] == "table" and _asked()):
            self._accept(proposal)

    def _proposed(self, options: dict[str, Any]) -> Proposal:
        if not 1 <= options["seconds"] <= LONGEST:
            raise CommandError(f"--seconds is from 1 to {LONGEST:.0f}, not {options['seconds']:g}.")
        schedule, now = find_schedule(options["schedule"]), timezone.now()
        zones = zones_at([schedule], at=now)
        if schedule.pk not in zones:
            raise CommandError(f"{schedule.name} has no version, and nothing to plan.")
        since, until = (read_instant(options[name], zones[schedule.pk]) for name in ("since", "until"))
        watched = sys.stderr.isatty()
        proposal = propose(
            schedule=schedule,
            since=since,
            until=until,
            seconds=options["seconds"],
            now=now,
            progress=self._say if watched else None,
        )
        if watched:
            self.stderr.write("\r\x1b[K", ending="")
        return proposal

    def _say(self, found: Progress) -> None:
        self.stderr.write(
            f"\r\x1b[K{found.seconds:5.1f} s: {found.points} points, at best {found.bound}", ending=""
        )
        self.stderr.flush()

    def _accept(self, proposal: Proposal) -> None:
        try:
            made = accept(
                schedule=proposal.schedule,
                revision=proposal.revision,
                since=proposal.since,
                until=proposal.until,
                shifts=proposal.shifts,
                by=BY,
                now=timezone.now(),
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        numbers = ", ".join(f"{row.pk} from {written(row.start)} to {written(row.end)}" for row in made)
        self.stderr.write(f"Accepted: temporary schedule {numbers}.")


def _asked() -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return input("Write this as a temporary schedule? [y/N] ").strip().lower() in {"y", "yes"}


def _as_text(proposal: Proposal) -> str:
    parts = [as_text(_turns(proposal)), *(as_text(table) for table in _figures(proposal))]
    return "\n".join([*parts, *notes(proposal)])


def _turns(proposal: Proposal) -> Table:
    title = f"{proposal.schedule.name}, times in {proposal.zone.key}; ≠ is not as in the rotation"
    table = Table("", "role", "from", "until", "plan", "rotation", title=title)
    role = ""
    for row in turn_rows(proposal):
        if role and row.role != role:
            table.add_section()
        role = row.role
        mark = "=" if row.stays else "≠" if row.differs else ""
        start, end = local(row.start, proposal.zone), local(row.end, proposal.zone)
        table.add_row(mark, role, start, end, _who(row.users), _who(row.rotation))
    return table


def _who(users: tuple[str, ...]) -> str:
    return " + ".join(users) or "nobody"


def _figures(proposal: Proposal) -> list[Table]:
    rows, tables = figure_rows(proposal), []
    for role, of in spreads(proposal).items():
        title = f"{role}: what each carries by the plan (and by the rotation)"
        table = Table("person", *HEADS, "hours of the 90 days before", title=title)
        for row in rows:
            if row["role"] == role:
                cells = (_both(row["plan"][name], row["rotation"][name]) for name in MEASURES)
                table.add_row(row["user"], *cells, f"{row['before']['hours']}")
        table.add_section()
        table.add_row("most - least", "", *_spread(of["plan"], of["rotation"]))
        table.add_row("with the 90 days", "", *_spread(of["plan"]["over_time"], of["rotation"]["over_time"]))
        tables.append(table)
    return tables


def _spread(plan: dict[str, Any], rotation: dict[str, Any]) -> list[str]:
    return [_both(plan[name], rotation[name]) for name in MEASURES[1:5]]


def _both(plan: float, rotation: float) -> str:
    return f"{plan} ({rotation})"
