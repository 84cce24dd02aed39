"""manage.py whois: who is on call."""

import argparse
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.table import Table

from oncall.api.instants import read_moment, to_utc, written
from oncall.api.lookups import UnknownName, find_schedule, zones_at
from oncall.api.rows import Duty, duties
from oncall.models import Schedule
from watchbill.management.commands.shifts import as_text, local


class Command(BaseCommand):
    help = (
        "Print who is on call, on one schedule or on all, now or at a time: a date or ISO 8601, "
        "without an offset wall-clock time of each schedule."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("schedule", nargs="?", metavar="SCHEDULE")
        parser.add_argument("--at", metavar="T")
        parser.add_argument("--format", choices=("table", "json"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            schedules = _schedules(options["schedule"])
            moment = now if options["at"] is None else read_moment(options["at"])
        except (UnknownName, ValueError) as fault:
            raise CommandError(str(fault)) from None
        zones = zones_at(schedules, at=now)
        found = duties(schedules, at={pk: to_utc(moment, zone) for pk, zone in zones.items()})
        by_name = {schedule.name: zones[schedule.pk] for schedule in schedules if schedule.pk in zones}
        write = _json if options["format"] == "json" else _table
        self.stdout.write(write(found, by_name), ending="")


def _schedules(name: str | None) -> list[Schedule]:
    return list(Schedule.objects.filter(retired_at=None)) if name is None else [find_schedule(name)]


def _json(found: list[Duty], zones: dict[str, ZoneInfo]) -> str:
    rows = [
        {
            "schedule": duty.schedule,
            "role": duty.role,
            "users": [user.username for user in duty.users],
            "until": _written(duty.until),
        }
        for duty in found
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _written(until: datetime | None) -> str | None:
    return written(until) if until else None


def _table(found: list[Duty], zones: dict[str, ZoneInfo]) -> str:
    table = Table("schedule", "role", "on call", "until")
    for duty in found:
        people = ", ".join(f"{user} ({user.username})" for user in duty.users) or "nobody"
        until = local(duty.until, zones[duty.schedule]) if duty.until else "further notice"
        table.add_row(duty.schedule, duty.role, people, until)
    return as_text(table)
