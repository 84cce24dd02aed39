"""Twenty trials: two workers send a burst of pages, and one or both are killed in mid-send.

    .venv/bin/python bench/kill_mid_send.py [trials] [pages]

On PostgreSQL, with a phone company that answers in 50 ms and counts. A page whose number never got a
message is lost. One that was in flight at the kill may arrive twice; no receipt is sent here.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time

import django

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.settings")
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from paging.actions import pages
from paging.core.message import Facts
from paging.models import ContactMethod, Notification
from people.models import User
from tests import servers
from tests.fakes.slow_phone import a_slow_phone, received

WORKERS = 2
PATIENCE = 90
FACTS = Facts(
    reference="#42", title="DiskFull on db-1", service="checkout-api", severity="SEV-1",
    path="/incidents/42", because="primary of Checkout, step 1",
)  # fmt: skip


@contextlib.contextmanager
def workers() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Engines: the ticker of a worker without a broker. Killed at the end, if not before."""
    command = [sys.executable, "manage.py", "engine"]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(WORKERS)]  # noqa: S603 - our own command
    try:
        yield running
    finally:
        kill(running)


def kill(running: list["subprocess.Popen[bytes]"]) -> None:
    for process in running:
        process.send_signal(signal.SIGKILL)
    for process in running:
        process.wait()


def page(trial: int, count: int) -> set[str]:
    """So many people, one message each; their numbers."""
    now = datetime.now(UTC)
    numbers = [f"+1415{trial:02}{place:05}" for place in range(count)]
    users = User.objects.bulk_create(User(username=f"u{number[1:]}", name=number) for number in numbers)
    ContactMethod.objects.bulk_create(
        ContactMethod(user=user, kind="sms", address=number, verified_at=now)
        for user, number in zip(users, numbers, strict=True)
    )
    with transaction.atomic():
        asked = [
            pages.PageRequest(
                user_id=user.pk, cause=f"incident:{user.pk}", run="1", urgency="high", facts=FACTS
            )
            for user in users
        ]
        pages.page(requests=asked, now=now)
    return set(numbers)


def arrived(numbers: set[str]) -> dict[str, list[float]]:
    return {
        number: times
        for number, times in received(settings.TWILIO["api_base_url"]).items()
        if number in numbers
    }


def wait_until(condition: Callable[[], bool], *, pause: float) -> None:
    """At most PATIENCE; what did not come by then is counted as it is."""
    never = threading.Event()
    deadline = time() + PATIENCE
    while not condition() and time() < deadline:
        never.wait(pause)


@dataclass(frozen=True)
class Outcome:
    """`in_flight` is how many messages a worker held just after the kill, those of the one that lives too."""

    killed: int
    before: int
    in_flight: int
    lost: int
    doubled: int
    after: float


def trial(number: int, count: int) -> Outcome:
    """In every second trial one of the workers lives; in the others new ones are started."""
    share = random.Random(number).uniform(0.1, 0.9)  # noqa: S311
    killed = 1 if number % 2 else WORKERS
    with workers() as running:
        numbers = page(number, count)
        wait_until(lambda: len(arrived(numbers)) >= share * count, pause=0.01)
        kill(running[:killed])
        at = time()
        in_flight = Notification.objects.filter(state="claimed").count()
        before = len(arrived(numbers))
        with workers() if killed == WORKERS else contextlib.nullcontext():
            wait_until(lambda: not Notification.objects.exclude(state="sent").exists(), pause=0.2)
    found = arrived(numbers)
    return Outcome(
        killed=killed,
        before=before,
        in_flight=in_flight,
        lost=len(numbers - found.keys()),
        doubled=sum(len(times) > 1 for times in found.values()),
        after=max(times[-1] for times in found.values()) - at,
    )


def inside(trials: int, count: int) -> None:
    call_command("migrate", verbosity=0)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("trial  pages  killed  out before  in flight  lost  doubled  all out after")
    lost = doubled = 0
    for number in range(1, trials + 1):
        one = trial(number, count)
        lost, doubled = lost + one.lost, doubled + one.doubled
        print(
            f"{number:>5} {count:>6}  {one.killed} of {WORKERS} {one.before:>11} {one.in_flight:>10} "
            f"{one.lost:>5} {one.doubled:>8} {one.after:>12.1f} s",
            flush=True,
        )
    print(f"{'all':>5} {trials * count:>6} {'':>31} {lost:>5} {doubled:>8}")


def main(trials: int = 20, count: int = 100) -> None:
    if not servers.postgres_answers():
        print("PostgreSQL: not run, it does not answer")
        return
    with servers.own_database() as database, a_slow_phone() as phone, tempfile.TemporaryDirectory() as folder:
        own = phone.environment | {"DATABASE_URL": database, "VAR_DIR": folder}
        command = [sys.executable, __file__, "inside", str(trials), str(count)]
        subprocess.run(command, env=os.environ | own, cwd=ROOT, check=True)  # noqa: S603 - this very file


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(*[int(argument) for argument in sys.argv[2:]])
    else:
        main(*[int(argument) for argument in sys.argv[1:]])
