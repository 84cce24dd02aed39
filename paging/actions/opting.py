"""STOP and START: what the owner of a phone tells the carrier, who sends nothing from then on."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from paging.actions.contacts import disable_contact_method, set_contact_method
from paging.actions.notices import NoticeRequest, tell
from paging.actions.refusals import OPTED_OUT
from paging.core.address import masked
from paging.core.notice import Notice
from paging.models import ContactMethod
from people.ledger.record import Actor

SMS = ContactMethod.Kind.SMS


@transaction.atomic
def opt_out(*, phone: str, by: Actor, now: datetime) -> None:
    """No SMS to this number any more; calls go on. Its owners are told by their other methods."""
    for method in _methods(phone).filter(disabled_reason="").exclude(verified_at=None):
        disable_contact_method(method=method, reason=OPTED_OUT, by=by, now=now)
        notice = Notice(
            title=f"Your phone {masked(phone)} gets no more SMS from Watchbill",
            lines=(
                "STOP was sent from it, so pages reach you by your other contact methods only.",
                "To be paged by SMS again, send START from this phone to the number that pages you.",
            ),
        )
        occasion = f"opted-out.{method.pk}.{now.timestamp():.0f}"
        asked = NoticeRequest(
            user_id=method.user_id, cause=f"user:{method.user_id}", run=occasion, notice=notice
        )
        tell(requests=[asked], now=now)


@transaction.atomic
def opt_in(*, phone: str, by: Actor, now: datetime) -> bool:
    """SMS to this number again, where STOP was what ended it. Returns whether it was."""
    ended = list(_methods(phone).filter(disabled_reason=OPTED_OUT))
    for method in ended:
        set_contact_method(user=method.user, kind=SMS, address=phone, by=by, now=now)
    return bool(ended)


def _methods(phone: str) -> QuerySet[ContactMethod]:
    return ContactMethod.objects.filter(kind=SMS, address=phone).select_related("user").order_by("pk")
