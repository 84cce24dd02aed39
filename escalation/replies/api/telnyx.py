"""Where Telnyx posts an SMS that people send to our number."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from escalation.replies.sms import answer_sms
from paging.core.replies import Carrier
from paging.inbound.telnyx import Event, door

PROVIDER = "telnyx"
RECEIVED = "message.received"
OPTED = {"STOP": Carrier.STOP, "START": Carrier.START, "HELP": Carrier.HELP}


@door(timezone.now)
def sms(_request: HttpRequest, event: Event) -> HttpResponse:
    """`POST /telnyx/sms`, the messaging profile's webhook. Does what the reply says.

    Telnyx takes no answer with the response, so none goes back: what became of the reply stands on the
    timeline. Any other event is no business of ours.
    """
    payload = event.payload
    if event.kind == RECEIVED and payload.get("direction") == "inbound":
        answer_sms(
            provider=PROVIDER,
            provider_id=_text(payload.get("id")),
            phone=_sender(payload.get("from")),
            body=_text(payload.get("text")),
            opted=OPTED.get(_text(payload.get("autoresponse_type")).upper()),
            now=timezone.now(),
        )
    return HttpResponse(status=200)


def _sender(written: Any) -> str:
    return _text(written.get("phone_number")) if isinstance(written, Mapping) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
