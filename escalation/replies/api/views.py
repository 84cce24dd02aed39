"""Where Twilio posts what people answer: an SMS, a call that is picked up, a key."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from escalation.replies import calls
from escalation.replies.sms import answer_sms
from paging.core.delivery import State
from paging.core.receipt import Receipt
from paging.core.replies import Carrier
from paging.inbound import twiml
from paging.inbound.twilio import Form, door
from people import clock

PROVIDER = "twilio"
OPTED = {"STOP": Carrier.STOP, "START": Carrier.START, "HELP": Carrier.HELP}


@door
def sms(_request: HttpRequest, form: Form) -> HttpResponse:
    """`POST /twilio/sms`. `OptOutType` comes where words of one's own end a subscription."""
    answer = answer_sms(
        provider=PROVIDER,
        provider_id=form.get("MessageSid", ""),
        phone=form.get("From", ""),
        body=form.get("Body", ""),
        opted=OPTED.get(form.get("OptOutType", "")),
        now=clock.now(),
    )
    return _xml(twiml.message(answer))


@door
def voice(_request: HttpRequest, _form: Form, message_id: UUID) -> HttpResponse:
    """`POST /twilio/voice/<message id>`: what the call says."""
    return _spoken(calls.pick_up(message_id), message_id)


@door
def key(_request: HttpRequest, form: Form, message_id: UUID) -> HttpResponse:
    """`POST /twilio/voice/<message id>/key`."""
    receipt = Receipt(PROVIDER, form.get("CallSid", ""), State.DELIVERED, why="a key was pressed")
    digits = form.get("Digits", "")
    return _spoken(calls.press(message_id, digits=digits, receipt=receipt, now=clock.now()), message_id)


def _spoken(speech: calls.Speech, message_id: UUID) -> HttpResponse:
    if not speech.keys:
        return _xml(twiml.goodbye(speech.text))
    return _xml(twiml.menu(speech.text, action=f"{settings.PUBLIC_URL}/twilio/voice/{message_id}/key"))


def _xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml; charset=utf-8", headers={"Cache-Control": "no-store"})
