"""A database that does not answer becomes a 503, so that a sender keeps its event and tries again."""

from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

log = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class UnavailableDatabase:
    """`process_exception` sees what a view raised; the middleware above it never does."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._get_response(request)
        except (OperationalError, InterfaceError, PoolTimeout) as fault:
            return self._unavailable(request, fault)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if isinstance(fault, OperationalError | InterfaceError | PoolTimeout):
            return self._unavailable(request, fault)
        return None

    @staticmethod
    def _unavailable(request: HttpRequest, fault: Exception) -> HttpResponse:
        log.error("database_unavailable", path=request.path, error=str(fault).strip())
        return JsonResponse(
            {"status": "unavailable", "message": "The database does not answer; please send this again."},
            status=503,
            headers={"Retry-After": "5"},
        )
