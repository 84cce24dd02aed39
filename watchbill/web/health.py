"""Is it alive, is it ready, how is it doing: for balancers, orchestrators and Prometheus."""

from datetime import datetime, timedelta
from functools import cache

import structlog
from django.conf import settings
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
from watchbill.celery import app
from watchbill.ticking.overdue import oldest_overdue
from watchbill.web.metrics import registry

TOO_LATE = timedelta(seconds=60)
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
def readyz(_: HttpRequest) -> JsonResponse:
    """503 when alerts cannot be stored, or when what is due is not being done. A broker that is down only
    costs the time to the next tick, and a provider that refuses us is gone round: they are reported and
    nothing more.
    """
    found: dict[str, object] = {"broker": _broker()}
    try:
        reasons = _look(found, now=timezone.now())
    except DatabaseError as fault:
        log.warning("not_ready", error=str(fault).strip())
        found["database"] = "unavailable"
        reasons = ["The database does not answer."]
    status = "unready" if reasons else "ready"
    return JsonResponse({"status": status, **found, "reasons": reasons}, status=503 if reasons else 200)


def _look(found: dict[str, object], *, now: datetime) -> list[str]:
    missing = _missing_migrations()
    found["database"] = "ok"
    found["migrations"] = "missing" if missing else "applied"
    if missing:
        return [f"{missing} migrations are missing; run manage.py migrate."]
    late = oldest_overdue(now=now)
    found["oldest_overdue_seconds"] = round(late.total_seconds(), 3)
    found["refusing_providers"] = [refused.provider for refused in refusing_providers(now=now)]
    return (
        [f"A row has been due for {late.total_seconds():.0f} s; is a worker running?"]
        if late > TOO_LATE
        else []
    )


def _missing_migrations() -> int:
    return len(_known_migrations() - set(MigrationRecorder(connection).applied_migrations()))


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _broker() -> str:
    if settings.EMBEDDED:
        return "embedded"
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
    except Exception:  # noqa: BLE001 - whatever the broker's driver raises, it is unreachable
        return "unreachable"
    return "ok"


@csrf_exempt  # so that a POST hears of its method
@require_safe
@never_cache
def metrics(_: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def no_such_address(request: HttpRequest) -> JsonResponse:
    """Below /api/ everything is JSON, also what is not there."""
    return JsonResponse({"detail": "There is nothing at this address; see /api/v1/docs/."}, status=404)
