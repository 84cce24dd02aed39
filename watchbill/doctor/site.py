"""Checks of the site: providers, addresses, the engine."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from escalation.models import Service
from oncall.core.finding import Finding, error, warning
from paging.actions.spending import month_start
from paging.selectors import refusing_providers, spent
from watchbill.provisioning.models import KeptPart
from watchbill.watch import broker, clocks
from watchbill.watch.models import Trouble
from watchbill.watch.overdue import TOO_LATE, oldest_overdue
from watchbill.watch.pulse import silent_since
from watchbill.watch.unwell import CLOCK, PROVIDER


def migrations(now: datetime) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield error("The database lacks migrations.", "Run manage.py migrate.")


def engine(now: datetime) -> Iterator[Finding]:
    """Rows that should have been looked at long ago: nothing is running, or it is stuck."""
    late = oldest_overdue(now=now)
    if late > TOO_LATE:
        yield error(
            f"The oldest due row has waited for {int(late.total_seconds())} s: nobody decides or sends.",
            "Start a worker: `make up`, or `manage.py engine`, which needs no broker.",
        )
    elif (since := silent_since(now=now)) is not None:
        yield warning(
            f"Nothing has looked for due rows since {since:%Y-%m-%d %H:%M:%S} UTC.",
            "Start a worker: `make up`, or `manage.py engine`, which needs no broker.",
        )


def clock(now: datetime) -> Iterator[Finding]:
    apart = clocks.difference()
    if abs(apart) > clocks.TOO_FAR:
        yield warning(clocks.sentence(apart), "Run NTP on both machines.")


def queue(now: datetime) -> Iterator[Finding]:
    if broker.state() == broker.UNREACHABLE:
        yield warning(
            "The broker does not answer: pages leave up to half a second later.",
            "See whether Redis runs, and whether REDIS_URL is right.",
        )


def troubles(now: datetime) -> Iterator[Finding]:
    """What other processes have seen for a minute and more, and this one cannot see by itself."""
    refusing = {f"{PROVIDER}:{refused.provider}" for refused in refusing_providers(now=now)}
    rows = Trouble.objects.filter(ended_at=None, told_at__isnull=False).exclude(kind__in=refusing)
    for row in rows.filter(kind__startswith=PROVIDER).order_by("kind"):
        yield warning(f"{row.title}, since {row.began_at:%Y-%m-%d %H:%M} UTC. {row.what}")
    for row in rows.filter(kind__startswith=CLOCK).order_by("kind"):
        yield warning(f"{row.title}. {row.what}", "Run NTP on both machines.")


def providers(now: datetime) -> Iterator[Finding]:
    if not settings.ENV.email_configured:
        yield warning("No mail server: emails go to the outbox only.", "Set EMAIL_URL.")
    if not settings.ENV.sms_configured:
        yield warning(
            "No SMS and voice provider: they go to the outbox only.", "Set TWILIO_ACCOUNT_SID and so on."
        )
    elif not settings.ENV.voice_configured:
        yield warning("No voice provider: calls go to the outbox only.", "Set TWILIO_ACCOUNT_SID and so on.")


def refusals(now: datetime) -> Iterator[Finding]:
    """Keys that are wrong, an account that is suspended: nothing leaves by them until somebody mends it."""
    for refused in refusing_providers(now=now):
        yield error(
            f"Provider “{refused.provider}” has taken nothing since {refused.at:%Y-%m-%d %H:%M} UTC: "
            f"{refused.error}.",
            "Mend its account or its settings; the next message that it takes ends this.",
        )


def fallback(now: datetime) -> Iterator[Finding]:
    if not settings.FALLBACK_CONTACT:
        yield warning(
            "There is no fallback contact: when nobody of a team can be reached, nobody is.",
            "Set FALLBACK_CONTACT to an email address or a phone number.",
        )


def address(now: datetime) -> Iterator[Finding]:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if host == "localhost" or host.startswith("127."):
        yield warning(
            f"PUBLIC_URL is {settings.PUBLIC_URL}: the links in messages open on this machine only.",
            "Set PUBLIC_URL to the address that phones reach.",
        )


def spending(now: datetime) -> Iterator[Finding]:
    cap, currency = settings.SPENDING_CAP, settings.PRICES.currency
    if cap is None:
        return
    begins = month_start(now)
    so_far = spent(since=begins, currency=currency)
    if so_far >= cap:
        yield warning(
            f"Messages of {begins:%Y-%m} cost {so_far:.2f} {currency}, over SPENDING_CAP ({cap:.2f}).",
            "Look which services page most, or raise the cap; no page is held back for it.",
        )
    if settings.PRICES.sms is None and settings.PRICES.call is None:
        yield warning(
            "SPENDING_CAP is set, and no price is known: nothing is counted.", "Set SMS_PRICE and CALL_PRICE."
        )


def kept(now: datetime) -> Iterator[Finding]:
    """A heartbeat that never pages should surprise nobody, nor what is no maintenance window as it stands."""
    for service in Service.objects.filter(retired_at=None).exclude(extras={}).order_by("name"):
        yield warning(f"Kept as stored and not acted on: {', '.join(service.extras)} of service {service}.")
    for part in KeptPart.objects.order_by("section", "name"):
        yield warning(f"Kept as stored and not acted on: {part}.")


CHECKS = (migrations, engine, queue, clock, providers, refusals, troubles, fallback, address, spending, kept)
