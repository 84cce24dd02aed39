"""What Twilio asks while somebody calls for the on-call, and what it is to do."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from escalation.hotline import calls
from escalation.models import HotCall, Ring
from paging.inbound import speaking, twiml
from paging.inbound.twilio import Form, door
from people import clock

TAKE = "1"
GONE = frozenset({"completed", "canceled", "failed", "busy", "no-answer"})
"""CallStatus of a caller who has hung up."""

NO_KEY = "That key does nothing."
OVER = "This call is over, or somebody else has taken it. Goodbye."
UNKNOWN = "This number is not in use."
LEAVE = "Nobody could take your call. Leave a message after the tone; whoever is on call is paged with it."
THANKS = "Thank you. Whoever is on call is being paged."


@door
def start(request: HttpRequest, form: Form) -> HttpResponse:
    """A call comes in: `POST /twilio/call-in`."""
    line, sid = calls.line_of(form.get("To", "")), form.get("CallSid", "")
    if line is None or not sid:
        return _do(twiml.goodbye(UNKNOWN))
    call = calls.begin(line=line, sid=sid[:64], caller=calls.caller_of(form.get("From", "")), now=clock.now())
    return _ring(call, after=0, said=f"Connecting you to the on-call of {line.service}.")


@door
def whisper(request: HttpRequest, form: Form, ring: int) -> HttpResponse:
    """Somebody or something has answered. The caller does not hear this."""
    return _offer(ring)


@door
def answer(request: HttpRequest, form: Form, ring: int) -> HttpResponse:
    """A key was pressed. Only the right one takes the call; who presses another is told so."""
    if form.get("Digits") != TAKE:
        return _offer(ring, first=f"{NO_KEY} ")
    row = get_object_or_404(Ring, pk=ring)
    if calls.take(ring_id=row.pk, now=clock.now()):
        return _do(speaking.join())
    return _do(twiml.goodbye(OVER))


@door
def after(request: HttpRequest, form: Form, ring: int) -> HttpResponse:
    """The ring is over: the call was taken, the next is rung, or a message is asked for."""
    row = get_object_or_404(Ring, pk=ring)
    call = calls.settle_ring(ring_id=row.pk, status=form.get("DialCallStatus", ""), now=clock.now())
    if form.get("CallStatus") in GONE:
        calls.leave(call_id=call.pk, now=clock.now())
        return _do(twiml.goodbye())
    return _ring(call, after=row.position)


@door
def message(request: HttpRequest, form: Form, call: int) -> HttpResponse:
    """The message was recorded, or nothing was said."""
    row = get_object_or_404(HotCall, pk=call)
    calls.leave(
        call_id=row.pk,
        recording=form.get("RecordingUrl", ""),
        seconds=form.get("RecordingDuration", ""),
        now=clock.now(),
    )
    return _do(twiml.goodbye(THANKS))


@door
def ended(request: HttpRequest, form: Form) -> HttpResponse:
    """The number's status callback: who hangs up before the tone is not forgotten."""
    call = HotCall.objects.filter(sid=form.get("CallSid", "")).first()
    if call is not None and form.get("CallStatus") in GONE:
        calls.leave(call_id=call.pk, now=clock.now())
    return HttpResponse(status=204)


def _offer(ring: int, *, first: str = "") -> HttpResponse:
    row = get_object_or_404(Ring.objects.select_related("call__line__service"), pk=ring)
    said = f"{first}A call for the on-call of {row.call.line.service}. Press {TAKE} to take it."
    return _do(speaking.offer(said=said, answer=_address("hot-call-answer", ring=row.pk)))


def _ring(call: HotCall, *, after: int, said: str = "") -> HttpResponse:
    found = calls.ring_next(call_id=call.pk, after=after, now=clock.now())
    if found is not None:
        ring, number = found
        return _do(
            speaking.connect(
                said=said,
                number=number,
                caller_id=call.line.number,  # the one that a phone lets through (the contact card)
                whisper=_address("hot-call-whisper", ring=ring.pk),
                after=_address("hot-call-after", ring=ring.pk),
            )
        )
    call.refresh_from_db()
    if call.taken_by_id or call.incident_id:
        return _do(twiml.goodbye())
    return _do(speaking.take_message(said=LEAVE, to=_address("hot-call-message", call=call.pk)))


def _address(name: str, **parts: int) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, kwargs=parts)}"


def _do(document: str) -> HttpResponse:
    return HttpResponse(document, content_type="text/xml; charset=utf-8")
