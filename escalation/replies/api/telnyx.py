"""Where Telnyx posts an SMS that people send to our number."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from escalation.replies.sms import answer_sms
from paging.actions.answering import answer_by_sms
from paging.core.replies import Carrier
from paging.inbound.telnyx import Event, door
from people import clock

PROVIDER = "telnyx"
RECEIVED = "message.received"
OPTED = {"STOP": Carrier.STOP, "START": Carrier.START, "HELP": Carrier.HELP}


@door(clock.now)
def sms(_request: HttpRequest, event: Event) -> HttpResponse:
    """`POST /telnyx/sms`, the messaging profile's webhook. Does what the reply says.

    The answer leaves as a message of its own: Telnyx takes none with the response. Any other event is no
    business of ours.
    """
    payload, now = event.payload, clock.now()
    if event.kind != RECEIVED or payload.get("direction") != "inbound":
        return HttpResponse(status=200)
    phone, reply_id = _sender(payload.get("from")), _text(payload.get("id"))
    answer = answer_sms(
        provider=PROVIDER,
        provider_id=reply_id,
        phone=phone,
        body=_text(payload.get("text")),
        opted=OPTED.get(_text(payload.get("autoresponse_type")).upper()),
        now=now,
    )
    answer_by_sms(phone=phone, text=answer, provider=PROVIDER, reply_id=reply_id, now=now)
    return HttpResponse(status=200)


def _sender(written: Any) -> str:
    return _text(written.get("phone_number")) if isinstance(written, Mapping) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
