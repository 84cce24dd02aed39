"""manage.py feed: the secret calendar address of a person, a schedule, a team, or of the gaps."""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from oncall.actions import Refused
from oncall.actions.feeds import Owner, issue_feed, live_feed, rotate_feed, set_alarm
from oncall.addresses import address_of
from oncall.api.lookups import UnknownName, find_schedule, find_team, find_user
from people.ledger.record import Actor

BY = Actor("manage.py feed")
FINDERS: dict[str, Callable[[str], Owner]] = {"user": find_user, "schedule": find_schedule, "team": find_team}


class Command(BaseCommand):
    help = (
        "Print the secret address of a calendar feed; the first time, make it. Whoever knows the address "
        "reads the calendar: --rotate revokes the old one and prints a new one."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--user", metavar="U", help="every shift of one person, by username")
        whose.add_argument(
            "--schedule", metavar="S", help="everybody's shifts, and the gaps, of one schedule"
        )
        whose.add_argument("--team", metavar="T", help="the same of every schedule of one team")
        parser.add_argument(
            "--gaps",
            action="store_true",
            help="only what nobody carries: of a schedule, of a team, or alone, of everything",
        )
        parser.add_argument(
            "--alarm",
            type=int,
            metavar="MINUTES",
            help="with --user: let the calendar program ring so long before a shift; 0: not at all",
        )
        parser.add_argument("--rotate", action="store_true", help="revoke the old address and make a new one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = _owner(options)
            with transaction.atomic():
                token = _address(owner, options, now=timezone.now())
        except (UnknownName, Refused) as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(address_of(token))


def _owner(options: dict[str, Any]) -> Owner:
    for kind, find in FINDERS.items():
        if options[kind] is not None:
            return find(options[kind])
    if not options["gaps"]:
        raise CommandError("one of the arguments --user --schedule --team --gaps is required")
    return None


def _address(owner: Owner, options: dict[str, Any], *, now: datetime) -> str:
    """The token; all of what was asked for is done, or nothing."""
    make, gaps, minutes = rotate_feed if options["rotate"] else issue_feed, options["gaps"], options["alarm"]
    token = make(owner=owner, gaps=gaps, by=BY, now=now)
    feed = live_feed(owner, gaps=gaps)
    if feed is not None and minutes is not None:
        set_alarm(feed=feed, minutes=minutes or None, by=BY, now=now)
    return token
