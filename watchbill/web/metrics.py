"""What /metrics says: the counters of every process, and gauges read from rows at each scrape."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from escalation.models import Incident
from paging.core.cause import TESTS
from paging.core.rules import INFO
from paging.models import Notification
from paging.selectors import refusing_providers
from people import clock, metrics
from watchbill.reports.selectors import newest_weeks
from watchbill.watch import clocks
from watchbill.watch.overdue import oldest_overdue

DAY = timedelta(hours=24)
log = structlog.get_logger(__name__)


def registry() -> CollectorRegistry:
    """A fresh one for a scrape: this process's own counters, or those of all where they share a folder."""
    found = CollectorRegistry()
    found.register(AllProcesses(Path(settings.METRICS_DIR).parent) if settings.METRICS_DIR else ThisProcess())
    found.register(Rows(clock.now))
    return found


class ThisProcess(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


class AllProcesses(Collector):
    """Adds up the counters of every process, each of which has a folder of its own below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        files = [str(path) for path in self._folder.glob("*/*.db")]
        yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]


class Rows(Collector):
    """What the database says now. Without a database there is only `watchbill_database_up 0`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        try:
            now = self._clock()
            families = [incidents(), notifications(now), overdue(now), refusing(now), apart(), *load()]
        except DatabaseError as fault:
            log.warning("metrics_without_rows", error=str(fault).strip())
            families = []
        yield gauge(metrics.DATABASE_UP, bool(families))
        yield from families


def gauge(named: tuple[str, str], value: float) -> Metric:
    return GaugeMetricFamily(*named, value=value)


def refusing(now: datetime) -> Metric:
    family = GaugeMetricFamily(*metrics.REFUSING_PROVIDERS, labels=["provider"])
    for refused in refusing_providers(now=now):
        family.add_metric([refused.provider], 1)
    return family


def incidents() -> Metric:
    family = GaugeMetricFamily(*metrics.OPEN_INCIDENTS, labels=["status"])
    rows = (
        Incident.objects.exclude(status=Incident.Status.RESOLVED)
        .values("status")
        .annotate(number=Count("pk"))
    )
    numbers = {row["status"]: row["number"] for row in rows}
    for status in (Incident.Status.TRIGGERED, Incident.Status.ACKNOWLEDGED):
        family.add_metric([status], numbers.get(status, 0))
    return family


def notifications(now: datetime) -> Metric:
    family = GaugeMetricFamily(*metrics.NOTIFICATIONS_DAY, labels=["state"])
    pages = Notification.objects.exclude(page__urgency=INFO).exclude(page__cause__startswith=TESTS)
    rows = pages.filter(created_at__gt=now - DAY).values("state").annotate(number=Count("pk"))
    numbers = {row["state"]: row["number"] for row in rows}
    for state in Notification.State.values:
        family.add_metric([state], numbers.get(state, 0))
    return family


def overdue(now: datetime) -> Metric:
    return gauge(metrics.OLDEST_OVERDUE, oldest_overdue(now=now).total_seconds())


def apart() -> Metric:
    return gauge(metrics.CLOCK_DIFFERENCE, clocks.difference().total_seconds())


def load() -> list[Metric]:
    """As the weekly reports of the teams said it; nothing is counted here."""
    pages = GaugeMetricFamily(*metrics.LOAD_PAGES, labels=["team"])
    asleep = GaugeMetricFamily(*metrics.LOAD_SLEEP_INTERRUPTIONS, labels=["team"])
    shifts = GaugeMetricFamily(*metrics.LOAD_SHIFTS, labels=["team", "verdict"])
    over = GaugeMetricFamily(*metrics.LOAD_OVER_BUDGET, labels=["team"])
    until = GaugeMetricFamily(*metrics.LOAD_UNTIL, labels=["team"])
    for week in newest_weeks():
        pages.add_metric([week.team], week.pages)
        asleep.add_metric([week.team], week.sleep_interruptions)
        for verdict, number in (("red", week.red), ("amber", week.amber), ("green", week.green)):
            shifts.add_metric([week.team, verdict], number)
        over.add_metric([week.team], week.over_budget)
        until.add_metric([week.team], week.until.timestamp())
    return [pages, asleep, shifts, over, until]
