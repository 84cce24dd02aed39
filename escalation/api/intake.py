"""The doors alert sources post to. A 2xx goes out only after the event is durable; nothing redirects.

Plain views, kept short: no session, no cookies, no form parsing.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from escalation import intake
from escalation.api.overload import RETRY_AFTER, is_overload
from escalation.sources import pagerduty, pagerduty_v1
from escalation.sources.event import MAX_BYTES, Malformed
from escalation.sources.registry import PARSERS
from people import clock, metrics

View = Callable[..., JsonResponse]
HEARTBEAT = "heartbeat"
PLAIN = "text/plain; charset=utf-8"
CALLS = ("GET", "POST", "HEAD")

TOO_LARGE = f"The body is larger than {MAX_BYTES // 1024} KB."
UNKNOWN_ADDRESS = "Nothing is integrated at this address; check its source and routing key."
UNKNOWN_HEARTBEAT = "No heartbeat is expected at this address; check its key."
TOO_FAST = "Events arrive faster than they can be stored; please send this again."
# PagerDuty's own words for a key of the right form that names nothing.
UNKNOWN_ROUTING_KEY = "Invalid routing key"


class TooLarge(Exception):
    """The body is over the limit; it was not read."""


def _read(request: HttpRequest) -> bytes:
    """The body, at most MAX_BYTES of it. Raises TooLarge, Malformed."""
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    if declared > MAX_BYTES:
        raise TooLarge
    try:
        body: bytes = _stream(request).read(MAX_BYTES + 1)
    except Exception as fault:  # whatever the server's reader raises of a body that is cut or badly chunked
        raise Malformed("The body could not be read to its end.", is_json=False) from fault
    if len(body) > MAX_BYTES:
        raise TooLarge
    return body


def _stream(request: HttpRequest) -> Any:
    """Django takes a body without Content-Length for an empty one; the server below it knows better."""
    chunked = request.META.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    return request.META["wsgi.input"] if chunked else request


def _only_post(view: View) -> View:
    @csrf_exempt
    def posted(request: HttpRequest, **parts: str) -> JsonResponse:
        if request.method != "POST":
            return JsonResponse({"message": "Send this as POST."}, status=405, headers={"Allow": "POST"})
        return view(request, **parts)

    return posted


def _refuse(
    source: str, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None
) -> JsonResponse:
    metrics.EVENTS_REFUSED.labels(source=source, status=str(status)).inc()
    return JsonResponse(body, status=status, headers=headers)


def _pagerduty_refusal(status: int, *errors: str, is_json: bool = True) -> JsonResponse:
    """PagerDuty's error body, which its clients and Alertmanager read."""
    shape = (
        {"status": "invalid event", "message": "Event object is invalid"}
        if is_json
        else {"status": "Unrecognized object", "message": "Event object format is unrecognized"}
    )
    return _refuse("pagerduty", status, {**shape, "errors": list(errors)})


def _pagerduty(view: View, *, busy: int = 429) -> View:
    """Turns every refusal of an Events API view into PagerDuty's own answer; `busy` is its status for what
    comes too fast.
    """

    def answered(request: HttpRequest, **parts: str) -> JsonResponse:
        try:
            return view(request, **parts)
        except TooLarge:
            return _pagerduty_refusal(413, TOO_LARGE)
        except Malformed as fault:
            return _pagerduty_refusal(400, *fault.errors, is_json=fault.is_json)
        except intake.UnknownKey:
            return _pagerduty_refusal(400, UNKNOWN_ROUTING_KEY)
        except OperationalError as fault:
            if not is_overload(fault):
                raise
            body = {"status": "throttle exceeded", "message": TOO_FAST}
            return _refuse("pagerduty", busy, body, RETRY_AFTER)

    return _only_post(answered)


_pagerduty_v1 = partial(_pagerduty, busy=403)


@_pagerduty
def enqueue(request: HttpRequest) -> JsonResponse:
    """`POST /v2/enqueue`: PagerDuty Events API v2."""
    sent = pagerduty.parse(_read(request))
    intake.receive(key=sent.routing_key, events=[sent.event], source="pagerduty", now=clock.now())
    answer = {"status": "success", "message": "Event processed", "dedup_key": sent.event.dedup_key}
    return JsonResponse(answer, status=202)


@_pagerduty
def enqueue_change(request: HttpRequest) -> JsonResponse:
    """`POST /v2/change/enqueue`: kept beside incidents, pages nobody."""
    sent = pagerduty.parse_change(_read(request))
    intake.receive_change(key=sent.routing_key, change=sent.change, now=clock.now())
    return JsonResponse({"status": "success", "message": "Change event processed"}, status=202)


@_pagerduty_v1
def create_event(request: HttpRequest) -> JsonResponse:
    """`POST /generic/2010-04-15/create_event.json`: PagerDuty Events API v1, which answers 200."""
    sent = pagerduty_v1.parse(_read(request))
    intake.receive(key=sent.routing_key, events=[sent.event], source="pagerduty", now=clock.now())
    answer = {"status": "success", "message": "Event processed", "incident_key": sent.event.dedup_key}
    return JsonResponse(answer)


@_only_post
def integration(request: HttpRequest, source: str, key: str) -> JsonResponse:
    """`POST /integrations/<source>/<routing key>`. An unknown source and an unknown key answer alike."""
    parse = PARSERS.get(source)
    known = source if parse else "unknown"
    try:
        body = _read(request)
        if parse is None:
            return _refuse(known, 404, {"status": "not found", "message": UNKNOWN_ADDRESS})
        events = parse(body)
        opened = intake.receive(key=key, events=events, source=source, now=clock.now())
    except TooLarge:
        return _refuse(known, 413, {"status": "too large", "message": TOO_LARGE})
    except Malformed as fault:
        return _refuse(known, 400, {"status": "malformed", "message": str(fault), "errors": fault.errors})
    except intake.UnknownKey:
        return _refuse(known, 404, {"status": "not found", "message": UNKNOWN_ADDRESS})
    return JsonResponse({"status": "success", "events": len(events), "incidents_opened": opened}, status=200)


@csrf_exempt
def heartbeat(request: HttpRequest, key: str) -> HttpResponse:
    """`/heartbeats/<key>`: the source is well. Any of CALLS will do; a body is nothing but read."""
    if request.method not in CALLS:
        return _said(f"Call this by {', '.join(CALLS)}.", 405, Allow=", ".join(CALLS))
    try:
        _read(request)
    except TooLarge:
        return _said(TOO_LARGE, 413)
    except Malformed:
        pass  # whoever hung up in mid-body has called all the same
    try:
        intake.call_in(key=key, now=clock.now())
    except intake.UnknownKey:
        return _said(UNKNOWN_HEARTBEAT, 404)
    metrics.EVENTS.labels(source=HEARTBEAT, action="call").inc()
    return _said("ok", 200)


def _said(text: str, status: int, **headers: str) -> HttpResponse:
    """Never kept on the way, so that the next call comes here, too."""
    if status != 200:
        metrics.EVENTS_REFUSED.labels(source=HEARTBEAT, status=str(status)).inc()
    headers["Cache-Control"] = "no-store"
    return HttpResponse(f"{text}\n", status=status, content_type=PLAIN, headers=headers)
