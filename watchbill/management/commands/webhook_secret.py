"""`manage.py webhook_secret USER [HOST]`: a new secret that signs what a webhook gets, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from paging.actions.contacts import renew_secret
from paging.models import ContactMethod
from people.ledger.record import Actor
from people.models import User
from watchbill.provisioning.faults import suggestion


class Command(BaseCommand):
    help = (
        "Makes a new signing secret for USER's webhook (the one at HOST, where there are several) and prints "
        "it. It is not shown again, and the old one signs nothing more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument("host", metavar="HOST", nargs="?", default="")

    def handle(self, *args: Any, user: str, host: str, **options: Any) -> None:
        found = User.objects.filter(username=user).first()
        if found is None:
            names = User.objects.filter(is_active=True).values_list("username", flat=True)
            raise CommandError(f"There is no user “{user}”.{suggestion(user, names)}")
        webhooks = ContactMethod.objects.filter(
            user=found, kind=ContactMethod.Kind.WEBHOOK, disabled_reason=""
        )
        chosen = [one for one in webhooks if one.shown.endswith(f"//{host}/…") or not host]
        if len(chosen) != 1:
            shown = ", ".join(one.shown for one in webhooks) or "none"
            raise CommandError(f"{user} has these webhooks: {shown}. Name the host of one of them.")
        secret = renew_secret(method=chosen[0], by=Actor("manage.py webhook_secret"), now=timezone.now())
        self.stdout.write(secret)
