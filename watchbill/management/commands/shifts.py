"""manage.py shifts: the final schedule, as people, programs and calendars read it."""

import argparse
import csv
import io
import json
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from oncall.api.instants import check_range, read_instant
from oncall.api.lookups import UnknownName, find_schedule, no_such, zones_at
from oncall.api.rows import ShiftRow, shift_rows
from oncall.calendars import Publication, View, events_of, render
from oncall.models import Schedule
from oncall.selectors import final_shifts
from oncall.showing import shown_between

FORMATS = ("table", "json", "csv", "ics")
WIDE = 200  # columns, where nobody looks at a terminal


class Command(BaseCommand):
    help = (
        "Print the final schedule: who is on call, overrides included, gaps too. A time is a date or "
        "ISO 8601; without an offset it is wall-clock time of the schedule. --until is not included."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("schedule", metavar="SCHEDULE")
        parser.add_argument("--role", help="one role; all of them if left out")
        parser.add_argument("--since", required=True, metavar="T")
        parser.add_argument("--until", required=True, metavar="T")
        parser.add_argument("--format", choices=FORMATS, default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            schedule = find_schedule(options["schedule"])
            zone = zones_at([schedule], at=timezone.now())[schedule.pk]
            since, until = (read_instant(options[name], zone) for name in ("since", "until"))
            check_range(since, until)
        except (UnknownName, ValueError) as fault:
            raise CommandError(str(fault)) from None
        if options["format"] == "ics":
            self.stdout.write(_calendar(schedule, since, until, options["role"]), ending="")
            return
        rows = _rows(schedule, since, until, options["role"])
        write = {"table": _table, "json": _json, "csv": _csv}[options["format"]]
        self.stdout.write(write(rows, zone), ending="")


def _rows(schedule: Schedule, since: datetime, until: datetime, role: str | None) -> list[ShiftRow]:
    shifts = final_shifts(schedule, since=since, until=until)
    known = list(dict.fromkeys(shift.role for shift in shifts))
    if role is not None and role not in known:
        raise CommandError(no_such("role", role, known))
    return shift_rows(schedule, [shift for shift in shifts if role in {None, shift.role}])


def _json(rows: list[ShiftRow], zone: ZoneInfo) -> str:
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _csv(rows: list[ShiftRow], zone: ZoneInfo) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, ["schedule", "role", "user", "start", "end", "override"], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _table(rows: list[ShiftRow], zone: ZoneInfo) -> str:
    table = Table("role", "on call", "from", "until", "override", title=f"times in {zone.key}")
    for row in rows:
        start, end = local(row["start"], zone), local(row["end"], zone)
        table.add_row(row["role"], row["user"] or "nobody", start, end, row["override"] or "")
    return as_text(table)


def _calendar(schedule: Schedule, since: datetime, until: datetime, role: str | None) -> str:
    """Whole shifts, those that reach over the edges of the range included."""
    shown = shown_between(schedule, since=since, until=until)
    known = list(dict.fromkeys(slot.role for slot in shown.slots))
    if role is not None and role not in known:
        raise CommandError(no_such("role", role, known))
    events = list(events_of(shown, View(public_url=settings.PUBLIC_URL, role=role)))
    name = f"On call: {schedule.name}"
    return render(Publication(name=name, description=f"{name}, a copy.", events=events)).decode()


def as_text(table: Table) -> str:
    """Plain text; brackets and colons in a name are what they are, neither markup nor emoji."""
    width = None if sys.stdout.isatty() else WIDE
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def local(at: str | datetime, zone: ZoneInfo) -> str:
    """Mon 2025-01-06 10:00 EST, on the wall of `zone`."""
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"
