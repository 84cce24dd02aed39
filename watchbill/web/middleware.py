"""What stands around every view: HEAD without a body, and a database that is away as a 503.

A sender that gets a 503 keeps its event and tries again.
"""

from collections.abc import Callable

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

log = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class BodilessHead:
    """An answer to HEAD is an answer to GET without its body, and servers complain of one that has it."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response


class UnavailableDatabase:
    """`process_exception` sees what a view raised; the middleware above it never does."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._get_response(request)
        except (OperationalError, InterfaceError, PoolTimeout) as fault:
            return unavailable(request, fault)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        return refused(request, fault)


def refused(request: HttpRequest, fault: Exception) -> HttpResponse | None:
    """The answer to what no view knows how to answer; None for a fault of ours."""
    if isinstance(fault, RequestDataTooBig):
        return JsonResponse({"detail": "The body is too large."}, status=413)
    if isinstance(fault, OperationalError | InterfaceError | PoolTimeout):
        return unavailable(request, fault)
    return None


def unavailable(request: HttpRequest, fault: Exception) -> HttpResponse:
    log.error("database_unavailable", path=request.path, error=str(fault).strip())
    return JsonResponse(
        {"status": "unavailable", "message": "The database does not answer; please send this again."},
        status=503,
        headers={"Retry-After": "5"},
    )
