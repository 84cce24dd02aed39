"""manage.py feed: the secret calendar address of a person or a schedule."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from oncall.actions import Refused
from oncall.actions.feeds import issue_feed, rotate_feed
from oncall.api.lookups import UnknownName, find_schedule, find_user
from oncall.feeds import address_of
from people.ledger.record import Actor


class Command(BaseCommand):
    help = (
        "Print the secret address of a calendar feed; the first time, make it. Whoever knows the address "
        "reads the calendar: --rotate revokes the old one and prints a new one."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--user", metavar="U", help="every shift of one person, by username")
        whose.add_argument(
            "--schedule", metavar="S", help="everybody's shifts, and the gaps, of one schedule"
        )
        parser.add_argument("--rotate", action="store_true", help="revoke the old address and make a new one")

    def handle(self, *args: Any, **options: Any) -> None:
        make = rotate_feed if options["rotate"] else issue_feed
        try:
            name = options["user"]
            owner = find_schedule(options["schedule"]) if name is None else find_user(name)
            token = make(owner=owner, by=Actor("manage.py feed"), now=timezone.now())
        except (UnknownName, Refused) as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(address_of(token))
