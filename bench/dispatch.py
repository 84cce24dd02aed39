"""How fast messages leave: a burst of pages, one page at a time at idle, and a burst that is acknowledged in
its midst, to a phone company that answers in 50 ms.

    .venv/bin/python bench/dispatch.py [pages] [times]

One worker process of concurrency 2 on PostgreSQL with Redis, and the engine alone on SQLite. Latency is from
the commit of the page's row to the provider's accept, its 50 ms included. `floor` is the same calls of
the same channel, by as many threads, without a row.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, time

import django

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.settings")
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from paging.actions import pages
from paging.channels.sms import SmsChannel
from paging.core.message import Facts, Message
from paging.models import Attempt, ContactMethod, Notification
from people.models import User
from tests import servers
from tests.fakes.slow_phone import a_slow_phone, received
from watchbill.ticking.senders import SHARE

CELERY = (sys.executable, "-m", "celery", "-q", "-A", "watchbill")
WORKER = (*CELERY, "worker", "--pool", "threads", "-c", "2", "--loglevel", "error")
ENGINE = (sys.executable, "manage.py", "engine")
PATIENCE = 120
SHARED = "incident:1"


def arrived(wanted: list[str]) -> dict[str, float]:
    """When each of these numbers got its first message."""
    times = received(settings.TWILIO["api_base_url"])
    return {number: times[number][0] for number in wanted if number in times}


def wait_for(wanted: list[str], *, pause: float) -> dict[str, float]:
    wait_until(lambda: len(arrived(wanted)) == len(wanted), pause=pause)
    return arrived(wanted)


def wait_until(condition: Callable[[], bool], *, pause: float) -> None:
    never = threading.Event()
    deadline = time() + PATIENCE
    while not condition():
        if time() > deadline:
            raise SystemExit(f"not within {PATIENCE} s")
        never.wait(pause)


def numbers(first: int, count: int) -> list[str]:
    return [f"+1415{first + place:07}" for place in range(count)]


def people(wanted: list[str]) -> list[User]:
    """One person for each number: no limit of one person's messages is what is measured here."""
    now = datetime.now(UTC)
    users = User.objects.bulk_create(User(username=f"u{number[1:]}", name=number) for number in wanted)
    ContactMethod.objects.bulk_create(
        ContactMethod(user=user, kind="sms", address=number, verified_at=now)
        for user, number in zip(users, wanted, strict=True)
    )
    return users


def page(users: list[User], cause: str = "") -> float:
    """Page them all in one transaction, each about something else unless a cause is named; when that was
    committed.
    """
    facts = Facts(
        reference="#42", title="DiskFull on db-1", service="checkout-api", severity="SEV-1",
        path="/incidents/42", because="primary of Checkout, step 1",
    )  # fmt: skip
    with transaction.atomic():
        asked = [
            pages.PageRequest(
                user_id=user.pk, cause=cause or f"incident:{user.pk}", run="1", urgency="high", facts=facts
            )
            for user in users
        ]
        pages.page(requests=asked, now=datetime.now(UTC))
    return time()


def percentiles(taken: list[float]) -> str:
    taken = sorted(one * 1000 for one in taken)
    p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    return f"p50 {statistics.median(taken):7.1f} ms   p99 {p99:7.1f} ms   max {taken[-1]:7.1f} ms"


def floor(count: int) -> None:
    """The channel alone, by as many threads as one kind has."""
    wanted = numbers(1_000_000, count)

    def send(number: str) -> None:
        SmsChannel().send(
            Message(message_id="0", via="sms", to=number, user="u", text="t", at=datetime.now(UTC))
        )

    send("+14150000000")
    begun = time()
    with ThreadPoolExecutor(SHARE) as threads:
        list(threads.map(send, wanted))
    print(f"{'floor: the calls alone':<34} {count / (time() - begun):7.1f} messages/s")
    taken = []
    for number in numbers(1_500_000, 50):
        begun = perf_counter()
        send(number)
        taken.append(perf_counter() - begun)
    print(f"{'floor: one call':<34} {percentiles(taken)}", flush=True)


def inside(name: str, count: int, times: int, *worker: str) -> None:
    """In a database of its own, with a worker of its own."""
    call_command("migrate", verbosity=0)
    first, burst, single = numbers(2_000_000, 40), numbers(3_000_000, count), numbers(4_000_000, times)
    stopped = numbers(5_000_000, 400)
    groups = [people(first), people(burst), people(single), people(stopped)]
    with subprocess.Popen(worker, cwd=ROOT) as process:  # noqa: S603 - our own command
        try:
            page(groups[0])
            wait_for(first, pause=0.1)
            begun, cpu = page(groups[1]), cpu_seconds(process.pid)
            taken = wait_for(burst, pause=0.5)
            took, cpu = max(taken.values()) - begun, cpu_seconds(process.pid) - cpu
            each = f"{cpu * 1000 / count:.1f} ms of the worker's CPU each"
            print(f"{name + ', ' + str(count) + ' at once':<34} {count / took:7.1f} messages/s   {each}")
            if times:
                print(f"{name + ', at idle':<34} {percentiles(one_by_one(groups[2], single))}")
            unsaid = Notification.objects.filter(state="claimed")
            wait_until(lambda: not unsaid.exists(), pause=0.1)  # accepted, and not yet written down
            left = Notification.objects.exclude(state="sent").count()
            doubled = Attempt.objects.count() - count - times - len(first)
            print(f"{'':<34} not sent {left}, doubled {doubled}", flush=True)
            print(f"{name + ', acknowledged':<34} {acknowledged_midway(groups[3], stopped)}", flush=True)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def acknowledged_midway(users: list[User], wanted: list[str]) -> str:
    """A quarter of them have left when somebody acknowledges: how long after that the last one leaves."""
    page(users, SHARED)
    wait_until(lambda: len(arrived(wanted)) >= len(wanted) / 4, pause=0.02)
    with transaction.atomic():
        pages.stop(cause=SHARED, reason="acknowledged", now=datetime.now(UTC))
    acknowledged = time()
    going = Notification.objects.filter(page__cause=SHARED, state__in=["pending", "claimed", "unknown"])
    wait_until(lambda: not going.exists(), pause=0.1)
    taken = arrived(wanted)
    after = max(taken.values()) - acknowledged
    return f"last one {after * 1000:.0f} ms after it, {len(taken)} of {len(wanted)} had left"


def cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def one_by_one(users: list[User], wanted: list[str]) -> list[float]:
    never = threading.Event()
    found = []
    for user, number in zip(users, wanted, strict=True):
        begun = page([user])
        found.append(wait_for([number], pause=0.02)[number] - begun)
        never.wait(0.1)
    return found


def main(count: int = 2000, times: int = 200) -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before", flush=True)
    again({}, "floor", count)
    if servers.postgres_answers() and servers.redis_answers():
        with servers.own_database() as database, servers.own_redis() as broker:
            both = {"DATABASE_URL": database, "REDIS_URL": broker}
            again(both, "inside", "PostgreSQL, Redis", count, times, *WORKER)
    else:
        print("PostgreSQL with Redis: not run, one of them does not answer")
    # without a broker this process cannot nudge another one: bench/page_latency.py has the embedded default
    again({}, "inside", "SQLite", count, 0, *ENGINE)
    print(f"load {os.getloadavg()[0]:.1f} after")


def again(environment: dict[str, str], *arguments: object) -> None:
    """Runs this file again, with a phone company and a folder of its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    with a_slow_phone() as phone, tempfile.TemporaryDirectory() as folder:
        own = phone.environment | {"VAR_DIR": folder}
        subprocess.run(command, env=os.environ | own | environment, cwd=ROOT, check=True)  # noqa: S603


if __name__ == "__main__":
    if sys.argv[1:2] == ["floor"]:
        floor(int(sys.argv[2]))
    elif sys.argv[1:2] == ["inside"]:
        inside(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
    else:
        main(*[int(argument) for argument in sys.argv[1:]])
