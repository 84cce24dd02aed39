"""The short way of alert sources: to their view at once, and back from there.

They have no session, no cookie, no form, are shown in no frame, and may call this site by any name.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_path_info
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, get_resolver
from django.utils.log import log_response

from watchbill.web.middleware import Handler, refused

ADDRESSES = "escalation.api.intake_urls"


def found(path: str) -> ResolverMatch | None:
    """The view of an alert source, if one posts there."""
    try:
        return get_resolver(ADDRESSES).resolve(path)
    except Resolver404:
        return None


def answered(request: HttpRequest, match: ResolverMatch) -> HttpResponse:
    request.resolver_match = match
    try:
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    except Exception as fault:
        answer = refused(request, fault)
        if answer is None:
            raise
        response = answer
    response.headers["Content-Length"] = str(len(response.content))
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


class StraightToIntake:
    """As a middleware, for whoever comes through Django's own handler. Everybody else goes on."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match = found(request.path_info)
        return self._get_response(request) if match is None else answered(request, match)


class Application:
    """Before Django's own handler and its middleware: what goes on there around each request takes a tenth of
    what an event takes. Of it there remain that a fault is a 500, that each refusal is logged, and that a
    connection is given back.
    """

    def __init__(self) -> None:
        self._usual = WSGIHandler()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A request of Django's writes into `environ` the address as it has read it, and the next one would
        read that again: for what goes on to Django's handler, none is made here.
        """
        if environ["REQUEST_METHOD"] == "POST":
            match = found(get_path_info(environ))
            if match is not None:
                return _sent(WSGIRequest(environ), match, start_response)
        return self._usual(environ, start_response)


def _sent(request: HttpRequest, match: ResolverMatch, start_response: Callable[..., Any]) -> Iterable[bytes]:
    try:
        response = answered(request, match)
    except Exception as fault:  # noqa: BLE001 - it is logged, as everywhere, and its sender tries again
        response = response_for_exception(request, fault)
    finally:
        close_old_connections()
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        # Of a fault nothing is said a second time: Django marks what it has logged.
        log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]
