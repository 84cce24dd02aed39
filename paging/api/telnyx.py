"""What Telnyx tells us of messages that it took."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from paging.actions.receipts import record_receipt
from paging.inbound.telnyx import Event, door
from paging.inbound.telnyx_status import receipt_of
from people import clock


@door(clock.now)
def status(_request: HttpRequest, event: Event, message_id: UUID) -> HttpResponse:
    """`POST /telnyx/status/<message id>`. 200 also for what is old, unknown or says nothing: it would only be
    sent again.
    """
    receipt = receipt_of(event)
    if receipt is not None:
        record_receipt(message_id=message_id, receipt=receipt, now=clock.now())
    return HttpResponse(status=200)
