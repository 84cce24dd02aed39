"""What Twilio tells us of messages and calls that it took."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from paging.actions.receipts import record_receipt
from paging.inbound.twilio import Form, door
from paging.inbound.twilio_status import receipt_of
from people import clock


@door
def status(_request: HttpRequest, form: Form, message_id: UUID) -> HttpResponse:
    """`POST /twilio/status/<message id>`. 204 also for what is old, unknown or says nothing: Twilio would
    only send it again.
    """
    receipt = receipt_of(form)
    if receipt is not None:
        record_receipt(message_id=message_id, receipt=receipt, now=clock.now())
    return HttpResponse(status=204)
