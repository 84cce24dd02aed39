"""manage.py pay: what people are owed for being on call, line by line, reckoned now."""

import argparse
import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from oncall.api.instants import LONGEST, legible
from oncall.api.lookups import UnknownName, find_team, find_user
from oncall.compensation.currencies import shown
from oncall.compensation.exports.as_csv import lines_as_csv
from oncall.compensation.exports.items import (
    Item,
    hours_in_text,
    line_values,
    reckoned_item,
    total_values,
    totals,
)
from oncall.compensation.exports.wording import hours_and_minutes, on_what, what
from oncall.compensation.loading.plans import FIRST_DAY, LAST_DAY
from oncall.compensation.reckoning import Owed, everybody, reckoned
from people.models import Membership, PastMembership, User
from watchbill.management.commands.shifts import as_text, local

FORMATS = ("table", "csv", "json")
DATE = 14  # columns: a day and its date stay on one line
MIDNIGHT, A_DAY = time(0), timedelta(days=1)
A_YEAR = timedelta(days=366)  # room for the holidays and caps around what is asked for


class Command(BaseCommand):
    help = (
        "Print what people are owed for being on call: each line of standby and call-outs, and totals. Days "
        "begin at midnight by each person's own clock; --until is not included. What lies ahead is as the "
        "schedules stand."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--since", required=True, metavar="D", help="a date, such as 2025-06-01")
        parser.add_argument("--until", required=True, metavar="D", help="a date; it is not included")
        parser.add_argument("--team", metavar="T", help="those who are, or were then, in this team")
        parser.add_argument("--user", metavar="U", help="one person")
        parser.add_argument("--format", choices=FORMATS, default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since, until = (_day(options[name], f"--{name}") for name in ("since", "until"))
            _check(since, until)
            wanted = _people(options["team"], options["user"], since=since)
        except (UnknownName, ValueError) as fault:
            raise CommandError(str(fault)) from None
        found = _reckoned(wanted, since=since, until=until)
        users = User.objects.filter(pk__in=found).order_by("username")
        owed = [(user, found[user.pk]) for user in users]
        notes = [note for user, one in owed for note in _notes(user, one)]
        write = {"table": _table, "json": _json, "csv": _csv}[options["format"]]
        self.stdout.write(write([(user, one) for user, one in owed if one.statement.lines], notes), ending="")
        for note in [] if options["format"] == "table" and sys.stdout.isatty() else notes:
            self.stderr.write(f"Warning: {note}")


def _day(text: str, option: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{option}: “{legible(text)}” is not a date; write it like 2025-06-01.") from None
    if not FIRST_DAY + A_YEAR <= found <= LAST_DAY - A_YEAR:
        raise ValueError(
            f"{option}: “{legible(text)}” lies outside the years {FIRST_DAY.year + 2} to {LAST_DAY.year - 2}."
        )
    return found


def _check(since: date, until: date) -> None:
    if since >= until:
        raise ValueError(f"The end, {until}, must come after the start, {since}: --until is not included.")
    if until - since > LONGEST:
        raise ValueError("More than ten years lie between the start and the end; choose a part of them.")


def _people(team: str | None, username: str | None, *, since: date) -> list[int]:
    found = everybody() if username is None else [find_user(username).pk]
    if team is not None:
        row = find_team(team)
        now = Membership.objects.filter(team=row).values_list("user_id", flat=True)
        ended = datetime.combine(since, MIDNIGHT, UTC) - A_DAY  # by any clock it was not yet that day
        past = PastMembership.objects.filter(team=row, until__gt=ended)
        members = {*now, *past.values_list("user_id", flat=True)}
        found = [one for one in found if one in members]
        if username is not None and not found:
            raise UnknownName(f"“{username}” is not in “{row.name}”, and was not then.")
    return found


def _reckoned(wanted: list[int], *, since: date, until: date) -> dict[int, Owed]:
    """With a bar on standard error, where somebody looks at it."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("People", total=len(wanted))
        return reckoned(
            wanted,
            since=since,
            until=until,
            now=timezone.now(),
            progress=lambda more: bar.advance(task, more),
        )


def _notes(user: User, owed: Owed) -> list[str]:
    notes = [f"{user.username}: {warning}" for warning in owed.statement.warnings]
    if owed.unpaid:
        hours = hours_in_text(owed.unpaid // timedelta(seconds=1))
        notes.append(f"{user.username} carried {hours} h that no pay plan pays.")
    return notes


def _items(owed: Owed) -> list[Item]:
    return sorted((reckoned_item(line, owed) for line in owed.statement.lines), key=lambda item: item.start)


def _json(owed: list[tuple[User, Owed]], notes: list[str]) -> str:
    lines, sums = [], []
    for user, one in owed:
        items = _items(one)
        lines += [line_values(user.username, item) for item in items]
        sums += [total_values(user.username, total) for total in totals(items)]
    return json.dumps({"lines": lines, "totals": sums}, indent=2, ensure_ascii=False) + "\n"


def _csv(owed: list[tuple[User, Owed]], notes: list[str]) -> str:
    return lines_as_csv(line_values(user.username, item) for user, one in owed for item in _items(one))


def _table(owed: list[tuple[User, Owed]], notes: list[str]) -> str:
    tables = [as_text(_of_person(user, one)) for user, one in owed]
    return "\n".join([*(tables or ["Nobody is owed anything.\n"]), *(f"Note: {note}\n" for note in notes)])


def _of_person(user: User, owed: Owed) -> Table:
    zone, items = owed.staged.zone, _items(owed)
    title = f"{user} ({user.username}), times in {zone.key}" if user.name else f"{user}, times in {zone.key}"
    table = Table(title=title, title_justify="left")
    for head in ("what", "on", "from", "until"):
        table.add_column(head, overflow="fold", min_width=DATE if head in {"from", "until"} else None)
    for head in ("hours", "rate", "amount", "", "in lieu"):
        words = head in {"rate", ""}
        table.add_column(head, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    for item in items:
        table.add_row(*_cells(item, zone))
    table.add_section()
    for total in totals(items):
        amount = shown(total.amount, total.currency)
        table.add_row(
            "Total", "", "", "", "", "", amount, total.currency, hours_and_minutes(total.lieu_minutes)
        )
    return table


def _cells(item: Item, zone: ZoneInfo) -> list[str]:
    on = ", ".join(part for part in (on_what(item), item.override) if part)
    rate = "; ".join(part for part in (item.rate, item.because) if part)
    return [
        what(item),
        on,
        local(item.start, zone),
        local(item.end, zone),
        hours_in_text(item.seconds),
        rate,
        shown(item.amount, item.currency),
        item.currency,
        hours_and_minutes(item.lieu_minutes),
    ]
