"""A storm: 10,000 pages about one service for 50 people, and in it first pages of other services.

    .venv/bin/python bench/storm.py [pages] [people] [methods, such as sms or sms,voice,email]

On PostgreSQL, with as many senders as one worker has, to a provider that answers in 50 ms. Two storms, each
for people of its own: one that is there at once, one that comes in while it is being sent. Says what left,
when nothing was due any more, when every page had been said, and how long first pages of others waited.
"""

import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import servers

SENDERS = 4
ANSWERS_IN = 0.05  # seconds
OTHERS = 20
ADDRESSES = {"sms": "+1415555{:04}", "voice": "+1415556{:04}", "email": "p{}@acme.example"}
idle = threading.Event()


class Provider:
    """Takes everything, after a while."""

    provider = title = "bench"

    def send(self, message: object) -> object:
        idle.wait(ANSWERS_IN)
        return Accepted("bench", "")


def main(count: int = 10_000, people: int = 50, methods: str = "sms") -> None:
    for begin, (name, at_once) in enumerate((("there at once", True), ("while it is sent", False))):
        numbers = range(begin * people, (begin + 1) * people)
        users = [make_person(number, methods.split(",")) for number in numbers]
        storm(name, users, rounds=count // people, at_once=at_once)


def make_person(number: int, kinds: list[str]) -> object:
    user = User.objects.create(username=f"p{number}", name=f"Person {number}")
    for kind in kinds:
        address = ADDRESSES[kind].format(number)
        ContactMethod.objects.create(user=user, kind=kind, address=address, verified_at=timezone.now())
    return user


def ask(users: list, cause: int, service: str) -> None:
    """An incident for each of them, from number `cause` on."""
    said = Facts(
        reference=f"#{cause}",
        title=f"alert {cause}",
        service=service,
        severity="SEV-1",
        path=f"/incidents/{cause}",
        because="primary, step 1",
    )
    with transaction.atomic():
        pages.page(
            requests=[
                pages.PageRequest(
                    user_id=one.pk, cause=f"incident:{cause + number}", run="1", urgency="high", facts=said
                )
                for number, one in enumerate(users)
            ],
            now=timezone.now(),
        )


def storm(name: str, users: list, *, rounds: int, at_once: bool) -> None:
    base = (Page.objects.count() + 1) * 10
    storming = f"checkout-{base}"
    begun, stopping = timezone.now(), threading.Event()
    if at_once:
        for number in range(rounds):
            ask(users, base + number * len(users), storming)
    clock = monotonic()
    threads = [start(lambda: keep_sending(stopping)) for _ in range(SENDERS)]
    if not at_once:
        threads.append(
            start(lambda: [ask(users, base + number * len(users), storming) for number in range(rounds)])
        )
    others = f"billing-{base}-"
    for number in range(OTHERS):
        ask([users[number * 7 % len(users)]], base + rounds * len(users) + number, f"{others}{number}")
        idle.wait(0.25)
    for thread in threads[SENDERS:]:
        thread.join()
    written = monotonic() - clock
    until(lambda: not waiting().filter(due_at__lte=timezone.now()).exists())
    quiet = monotonic() - clock
    until(lambda: not waiting().exists())
    said = monotonic() - clock
    stopping.set()
    for thread in threads[:SENDERS]:
        thread.join()
    report(name, begun, others, times=(written, quiet, said))


def keep_sending(stopping: threading.Event) -> None:
    while not stopping.is_set():
        if not dispatch.send_due(clock=timezone.now, limit=1, what=(dispatch.What.PAGES,)):
            idle.wait(0.05)
    connection.close()


def start(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def waiting() -> object:
    return Notification.objects.filter(state__in=["pending", "unknown", "claimed"])


def until(true: Callable[[], bool]) -> None:
    while not true():
        idle.wait(0.1)


def report(name: str, begun: datetime, others: str, *, times: tuple[float, float, float]) -> None:
    mine = Notification.objects.filter(created_at__gte=begun)
    left = mine.filter(sent_at__isnull=False)
    first = {}
    for page, created, sent in left.filter(page__service__startswith=others).values_list(
        "page_id", "created_at", "sent_at"
    ):
        first[page] = min(first.get(page, timedelta.max), sent - created)
    unsaid = Page.objects.filter(created_at__gte=begun).exclude(notifications__state__in=["sent", "bundled"])
    by_address = defaultdict(list)
    for kind, address, sent in left.values_list("method__kind", "method__address", "sent_at"):
        by_address[kind, address].append(sent)
    window = timedelta(minutes=15)
    most = {
        kind: max(
            sum(one <= other < one + window for other in sent)
            for (of, _), sent in by_address.items()
            if of == kind
            for one in sent
        )
        for kind in sorted({kind for kind, _ in by_address})
    }
    written, quiet, said = times
    print(
        f"{name:<17} {mine.count():>6} notifications  {left.count():>5} messages  most to one address in "
        f"15 min {most}  beyond a limit {left.filter(beyond_limit=True).count()}\n"
        f"{'':<17} written {written:.1f} s, "
        f"nothing due after {quiet:.1f} s, all said after {said:.1f} s, pages not said {unsaid.count()}; "
        f"first pages of other services: {len(first)}, longest wait "
        f"{max(first.values()).total_seconds() * 1000:.0f} ms; own cpu {process_time():.1f} s, "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    if not servers.postgres_answers():
        raise SystemExit("The storm needs PostgreSQL, and none answers; set TEST_DATABASE_URL.")
    with servers.own_database() as database:
        os.environ["DATABASE_URL"] = database
        os.environ.setdefault("SECRET_KEY", "bench-only-0123456789abcdefghijklmnopqrstuvwxyz-0123456789")
        os.environ["DJANGO_SETTINGS_MODULE"] = "watchbill.settings"
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        settings.PAGING_CHANNELS = dict.fromkeys(ADDRESSES, ("__main__.Provider",))

        from django.db import connection, transaction
        from django.utils import timezone

        from paging import dispatch
        from paging.actions import pages
        from paging.channels.base import Accepted
        from paging.core.message import Facts
        from paging.models import ContactMethod, Notification, Page
        from people.models import User

        main(*[int(one) if one.isdecimal() else one for one in sys.argv[1:]])
