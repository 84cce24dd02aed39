"""`manage.py token USER`: an API token, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from people.actions import PeopleError, create_token
from people.ledger.record import Actor
from people.models import User
from watchbill.provisioning.faults import suggestion


class Command(BaseCommand):
    help = "Makes an API token for USER and prints it. Only its digest is kept: it is not shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER")

    def handle(self, *args: Any, user: str, **options: Any) -> None:
        found = User.objects.filter(username=user).first()
        if found is None:
            names = User.objects.filter(is_active=True).values_list("username", flat=True)
            raise CommandError(f"There is no user “{user}”.{suggestion(user, names)}")
        try:
            secret = create_token(user=found, by=Actor("manage.py token"), now=timezone.now())
        except PeopleError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(secret)
