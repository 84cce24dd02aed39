"""Answer an SMS by an SMS, where the provider takes no answer with the response to its webhook."""

from datetime import datetime

from django.db import transaction

from paging.core.notice import Notice
from paging.core.rules import INFO
from paging.loading import USABLE
from paging.models import ContactMethod, Notification, Page
from paging.queue import nudge_on_commit

SMS = ContactMethod.Kind.SMS


@transaction.atomic
def answer_by_sms(*, phone: str, text: str, provider: str, reply_id: str, now: datetime) -> None:
    """Send `text` to `phone`, by the provider to whose number the reply came, where it still takes it.

    Once for each `reply_id`, however often that is posted. A phone that is not paged by SMS gets no answer.
    """
    method = ContactMethod.objects.filter(USABLE, kind=SMS, address=phone).order_by("pk").first()
    if method is None or not text:
        return
    page, new = Page.objects.get_or_create(
        cause=f"user:{method.user_id}",
        run=f"answer.{provider}.{reply_id}"[:64],
        user_id=method.user_id,
        defaults={"urgency": INFO, "facts": Notice(title=text).to_json(), "created_at": now},
    )
    if new:
        Notification.objects.create(
            page=page,
            method=method,
            due_at=now,
            created_at=now,
            provider=provider,
            priority=Notification.Priority.NOTICE,
            admitted_at=now,  # who has just written waits for no limit; wrong replies have one of their own
        )
        nudge_on_commit()
