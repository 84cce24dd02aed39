"""Answer an SMS by an SMS and a mail by a mail, where no answer goes with the response to a webhook."""

from datetime import datetime

from django.db import transaction

from paging.actions.hearing import mailboxes_of
from paging.core.notice import Notice
from paging.core.rules import INFO
from paging.loading import USABLE
from paging.models import ContactMethod, Notification, Page
from paging.queue import nudge_on_commit
from people.models import User

Kind = ContactMethod.Kind


def answer_by_sms(*, phone: str, text: str, provider: str, reply_id: str, now: datetime) -> None:
    """Send `text` to `phone`, by the provider to whose number the reply came, where it still takes it.

    Once for each `reply_id`, however often that is posted. A phone that is not paged by SMS gets no answer.
    """
    method = ContactMethod.objects.filter(USABLE, kind=Kind.SMS, address=phone).order_by("pk").first()
    _answer(method, text, run=f"answer.{provider}.{reply_id}", provider=provider, now=now)


def answer_by_mail(*, user: User, address: str, text: str, reply_id: str, now: datetime) -> None:
    """Send `text` to that address of the person, who has just written from it; once for each `reply_id`."""
    method = mailboxes_of(user).filter(address__iexact=address).first()
    _answer(method, text, run=f"answer.mail.{reply_id}", provider="", now=now)


@transaction.atomic
def _answer(method: ContactMethod | None, text: str, *, run: str, provider: str, now: datetime) -> None:
    if method is None or not text:
        return
    page, new = Page.objects.get_or_create(
        cause=f"user:{method.user_id}",
        run=run[:64],
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
