"""Is it alive, is it ready, how is it doing: for balancers, orchestrators and Prometheus."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

import structlog
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from paging.selectors import refusing_providers
from people import clock
from watchbill.watch import broker, clocks
from watchbill.watch.overdue import TOO_LATE, oldest_overdue
from watchbill.watch.pulse import silent_since
from watchbill.web.metrics import registry

INTAKE, PAGING = "intake", "paging"
log = structlog.get_logger(__name__)


@csrf_exempt  # so that a POST hears of its method
@require_safe
@never_cache
def healthz(_: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so that a database's outage restarts nobody."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@csrf_exempt  # so that a POST hears of its method
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether alerts may be sent here: 503 when they cannot be stored. With `?for=paging`, whether they also
    reach people in time: 503 when what is due is not being done, too.

    Lateness alone takes no web away (docs/adr/0011): in a storm all of them are late together, and a balancer
    that believes them would refuse the very alerts that can still be stored. It is among the `warnings`, as
    are a broker that is down, which only costs the time to the next tick, a provider that refuses us, which
    is gone round, and clocks that differ.
    """
    asked = request.GET.get("for", INTAKE)
    if asked not in {INTAKE, PAGING}:
        sentence = f"“for” is “{asked[:40]}”; write {INTAKE} or {PAGING}, or leave it out."
        return JsonResponse({"detail": sentence}, status=400)
    found: dict[str, object] = {"broker": broker.state()}
    try:
        reasons, late, warnings = _look(found)
    except DatabaseError as fault:
        log.warning("not_ready", error=str(fault).strip())
        found["database"] = "unavailable"
        reasons, late, warnings = ["The database does not answer."], [], []
    if found["broker"] == broker.UNREACHABLE:
        warnings.append("The broker does not answer: pages leave up to half a second later.")
    if asked == PAGING:
        reasons += late
    else:
        warnings = [*late, *warnings]
    return JsonResponse(
        {"status": "unready" if reasons else "ready", **found, "reasons": reasons, "warnings": warnings},
        status=503 if reasons else 200,
    )


def _look(found: dict[str, object]) -> tuple[list[str], list[str], list[str]]:
    """Puts what it sees into `found`; why nothing can be stored, why pages are late, what else is unwell."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = len(_known_migrations() - applied)
    found["database"] = "ok"
    found["migrations"] = "missing" if missing else "applied"
    if missing:
        return [f"{missing} migrations are missing; run manage.py migrate."], [], []
    apart = clocks.difference()
    now = clock.now()
    waited = oldest_overdue(now=now)
    refusing = [refused.provider for refused in refusing_providers(now=now)]
    found["oldest_overdue_seconds"] = round(waited.total_seconds(), 3)
    found["refusing_providers"] = refusing
    found["clock_difference_seconds"] = round(apart.total_seconds(), 3)
    late = _lateness(waited, now=timezone.now() + apart)
    warnings = list(_newer(applied))
    warnings += [f"Provider “{name}” refuses us; manage.py doctor says why." for name in refusing]
    if abs(apart) > clocks.TOO_FAR:
        warnings.append(clocks.sentence(apart))
    return [], late, warnings


def _lateness(waited: timedelta, *, now: datetime) -> list[str]:
    """`now` by the database's clock, as the last look is."""
    if waited > TOO_LATE:
        return [f"A row has been due for {waited.total_seconds():.0f} s; is a worker running?"]
    since = silent_since(now=now)
    if since is None:
        return []
    return [
        f"Nothing has looked for due rows for {(now - since).total_seconds():.0f} s; is a worker running?"
    ]


def _newer(applied: set[tuple[str, str]]) -> Iterator[str]:
    """Migrations only add, so the version before them works on; one that is forgotten should be seen."""
    ours = {app for app, _ in _known_migrations()}
    unknown = [name for app, name in applied - _known_migrations() if app in ours]
    if unknown:
        yield (
            f"The database has {len(unknown)} migrations that this version does not know: a newer one is on "
            "its way in, or this process should have ended with the others."
        )


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


@csrf_exempt  # so that a POST hears of its method
@require_safe
@never_cache
def metrics(_: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def no_such_address(request: HttpRequest) -> JsonResponse:
    """Below /api/ everything is JSON, also what is not there."""
    return JsonResponse({"detail": "There is nothing at this address; see /api/v1/docs/."}, status=404)
