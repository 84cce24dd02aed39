"""The doors alert sources post to. A 2xx goes out only after the event is durable; nothing redirects.

Plain views, kept short: no session, no cookies, no form parsing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from escalation import intake
from escalation.api.overload import RETRY_AFTER, TOO_FAST, is_overload
from escalation.api.posts import (
    TOO_LARGE,
    NoSource,
    Post,
    TooLarge,
    answer,
    over_limit,
    read_body,
    refuse,
    retry_after,
)
from escalation.sources import pagerduty, pagerduty_v1
from escalation.sources.event import Malformed, check_storable
from escalation.sources.registry import SOURCES, Source
from escalation.sources.request import Sent, read_query
from people import clock, metrics

View = Callable[..., HttpResponse]
HEARTBEAT = "heartbeat"
PLAIN = "text/plain; charset=utf-8"
CALLS = ("GET", "POST", "HEAD")

UNKNOWN_ADDRESS = (
    "Nothing is integrated at this address; check its source, its routing key and, where that has a signing "
    "secret, that the source signs with the same one."
)
UNKNOWN_HEARTBEAT = "No heartbeat is expected at this address; check its key."
# PagerDuty's own words for a key of the right form that names nothing.
UNKNOWN_ROUTING_KEY = "Invalid routing key"

REFUSALS = {
    TooLarge: (413, "too large", TOO_LARGE),
    intake.UnknownKey: (404, "not found", UNKNOWN_ADDRESS),
    intake.Replayed: (409, "replayed", "This was taken in before; a signed post counts once."),
    intake.Unreachable: (503, "try again", "AWS could not be asked whether this is its own; send it again."),
}
"""What `/integrations/` answers: status, a word for machines, a sentence for people."""
REFUSED: tuple[type[Exception], ...] = (Malformed, intake.OverLimit, *REFUSALS)


def _only_post(view: View) -> View:
    @csrf_exempt
    def posted(request: HttpRequest, **parts: str) -> HttpResponse:
        if request.method != "POST":
            return JsonResponse({"message": "Send this as POST."}, status=405, headers={"Allow": "POST"})
        return view(request, **parts)

    return posted


def _pagerduty(view: Callable[[bytes], HttpResponse], *, key: str = "routing_key", busy: int = 429) -> View:
    """Turns every refusal of an Events API view into PagerDuty's own answer; `busy` is its status for what
    comes too fast, `key` the field in which the routing key stands.
    """

    def answered(request: HttpRequest, **parts: str) -> HttpResponse:
        post = Post("pagerduty")
        try:
            return view(post.read(request))
        except (TooLarge, Malformed, intake.UnknownKey, intake.OverLimit) as fault:
            status, said, headers = _pagerduty_refusal(fault, busy)
            why = " ".join(said.get("errors", [said["message"]]))
            post.note(fault, status, why, keys=[pagerduty.key_in(post.body, key)])
            return refuse("pagerduty", status, said, headers)
        except OperationalError as fault:
            if not is_overload(fault):
                raise
            return refuse("pagerduty", busy, _throttled(TOO_FAST), RETRY_AFTER)

    return _only_post(answered)


Refused = tuple[int, dict[str, Any], Mapping[str, str]]
"""Status, body and headers."""


def _pagerduty_refusal(fault: Exception, busy: int) -> Refused:
    match fault:
        case intake.OverLimit():
            return busy, _throttled(over_limit(fault)), retry_after(fault)
        case TooLarge():
            return 413, _invalid(TOO_LARGE), {}
        case Malformed():
            return 400, _invalid(*fault.errors, is_json=fault.is_json), {}
        case _:
            return 400, _invalid(UNKNOWN_ROUTING_KEY), {}


def _throttled(message: str) -> dict[str, Any]:
    return {"status": "throttle exceeded", "message": message}


def _invalid(*errors: str, is_json: bool = True) -> dict[str, Any]:
    """PagerDuty's error body, which its clients and Alertmanager read."""
    shape = (
        {"status": "invalid event", "message": "Event object is invalid"}
        if is_json
        else {"status": "Unrecognized object", "message": "Event object format is unrecognized"}
    )
    return {**shape, "errors": list(errors)}


_pagerduty_v1 = partial(_pagerduty, key="service_key", busy=403)


@_pagerduty
def enqueue(body: bytes) -> HttpResponse:
    """`POST /v2/enqueue`: PagerDuty Events API v2."""
    sent = pagerduty.parse(body)
    intake.receive(key=sent.routing_key, events=[sent.event], source="pagerduty", now=clock.now())
    said = {"status": "success", "message": "Event processed", "dedup_key": sent.event.dedup_key}
    return answer(said, status=202)


@_pagerduty
def enqueue_change(body: bytes) -> HttpResponse:
    """`POST /v2/change/enqueue`: kept beside incidents, pages nobody."""
    sent = pagerduty.parse_change(body)
    intake.receive_change(key=sent.routing_key, change=sent.change, now=clock.now())
    return answer({"status": "success", "message": "Change event processed"}, status=202)


@_pagerduty_v1
def create_event(body: bytes) -> HttpResponse:
    """`POST /generic/2010-04-15/create_event.json`: PagerDuty Events API v1, which answers 200."""
    sent = pagerduty_v1.parse(body)
    intake.receive(key=sent.routing_key, events=[sent.event], source="pagerduty", now=clock.now())
    said = {"status": "success", "message": "Event processed", "incident_key": sent.event.dedup_key}
    return answer(said)


@csrf_exempt
def integration(request: HttpRequest, source: str, key: str) -> HttpResponse:
    """`/integrations/<source>/<routing key>`. An unknown source and an unknown key answer alike."""
    return _answered(request, source, [(key, "")])


@csrf_exempt
def integration_by_header(request: HttpRequest, source: str) -> HttpResponse:
    """`/integrations/<source>` with `Authorization: Bearer <routing key>`: no log of addresses keeps it."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return _answered(request, source, [(key.strip() if scheme.lower() == "bearer" else "", "")])


@csrf_exempt
def victorops(request: HttpRequest, api_key: str, key: str) -> HttpResponse:
    """`/integrations/generic/20131114/alert/<api key>/<routing key>`, as Splunk On-Call has it. Either part
    may be the routing key of a service; the other one is a word to route by, if it is the first that is.
    """
    return _answered(request, "victorops", [(key, ""), (api_key, key)])


def _answered(request: HttpRequest, name: str, keys: Sequence[tuple[str, str]]) -> HttpResponse:
    source = SOURCES.get(name)
    known = name if source else "unknown"
    methods = source.methods if source else ("POST",)
    if request.method not in methods:
        said = {"message": f"Send this as {' or '.join(methods)}."}
        return JsonResponse(said, status=405, headers={"Allow": ", ".join(methods)})
    post = Post(name)
    try:
        return _taken(request, source, keys, post)
    except REFUSED as fault:
        status, said, headers = _refusal(fault)
        query = request.META.get("QUERY_STRING", "")
        post.note(fault, status, said["message"], keys=[key for key, _ in keys], query=query)
        return refuse(known, status, said, headers)


def _refusal(fault: Exception) -> Refused:
    """How `/integrations/` answers."""
    match fault:
        case Malformed():
            return 400, {"status": "malformed", "message": str(fault), "errors": fault.errors}, {}
        case intake.OverLimit():  # 503, because Alertmanager sends nothing again for another status
            return 503, {"status": "over the limit", "message": over_limit(fault)}, retry_after(fault)
        case _:
            status, word, message = REFUSALS[type(fault)]
            return status, {"status": word, "message": message}, {}


def _taken(
    request: HttpRequest, source: Source | None, keys: Sequence[tuple[str, str]], post: Post
) -> HttpResponse:
    """By the first of `keys` (each with the word beside it) that is one. Raises Malformed, OverLimit, and
    REFUSALS: of a key that is one and did not sign this, rather than of one that is none.
    """
    query = read_query(request.META.get("QUERY_STRING", ""))
    check_storable([word for _, word in keys])
    sent = Sent(body=post.read(request), headers=request.headers, query=query)
    if source is None:
        raise intake.UnknownKey from NoSource(f"There is no source “{post.source}”; see docs/sources.md.")
    unknown = []
    for key, word in keys:
        try:
            return _taken_by(key, word, source, sent)
        except intake.UnknownKey as fault:
            unknown.append(fault)
    raise next((fault for fault in unknown if fault.__cause__ is not None), unknown[-1])


def _taken_by(key: str, word: str, source: Source, sent: Sent) -> HttpResponse:
    now = clock.now()
    if word:
        sent = replace(sent, query={**sent.query, "routing_key": word})
    if source.name == intake.GENERIC:
        return _taken_as_mapped(key, source, sent)
    events = source.parse(sent)
    if source.name == intake.SNS:
        opened = intake.receive_sns(key=key, sent=sent, now=now)
    else:
        proof = source.proof(sent, now=now)
        opened = intake.receive(key=key, events=events, source=source.name, now=now, proof=proof)
    said = {"status": "success", "events": len(events), "incidents_opened": opened}
    return answer({**said, **source.answer(events)}, status=source.status)


def _taken_as_mapped(key: str, source: Source, sent: Sent) -> HttpResponse:
    """The answer says by which keys the alerts are known, and what whoever set this up should know."""
    now = clock.now()
    taken = intake.receive_generic(key=key, sent=sent, now=now, proof=source.proof(sent, now=now))
    events = taken.reading.events
    said = {"status": "success", "events": len(events), "incidents_opened": taken.opened}
    keys = {"dedup_keys": [event.dedup_key for event in events]}
    notes = {"notes": taken.reading.notes} if taken.reading.notes else {}
    return answer({**said, **keys, **notes}, status=source.status)


@csrf_exempt
def heartbeat(request: HttpRequest, key: str) -> HttpResponse:
    """`/heartbeats/<key>`: the source is well. Any of CALLS will do; a body is nothing but read."""
    if request.method not in CALLS:
        return _said(f"Call this by {', '.join(CALLS)}.", 405, Allow=", ".join(CALLS))
    try:
        read_body(request)
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
