"""Where the provider of EMAIL_REPLIES posts the mails that come in: answers to ours, and alerts."""

from collections.abc import Sequence

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from escalation import intake
from escalation.api.overload import RETRY_AFTER, is_overload
from escalation.intake.mail import all_addressed, receive_mail
from escalation.replies.mail import answer_mail
from escalation.sources.mail import EMAIL
from escalation.sources.mail_parts import read_message
from paging.core.mail_reply import MailReply
from paging.inbound.mail import door
from paging.links import read_reply_address
from people import clock, metrics

MOST_ADDRESSES = 100
"""Of one mail that are looked at, the envelope's first: anybody may write thousands into a header, and each
is asked of the database.
"""


@door
def replies(_request: HttpRequest, mails: Sequence[MailReply]) -> HttpResponse:
    """`POST /mail/replies`. What was sent to a routing key is an alert. Of all else it does what each says;
    the answers leave as mails of their own. 503 where more comes than is taken, once all else is: providers
    send it again, and what was taken in is not taken in twice.
    """
    over = None
    try:
        for mail in mails:
            try:
                _take(mail)
            except intake.OverLimit as fault:
                over = fault
    except OperationalError as fault:
        if not is_overload(fault):
            raise
        return _later(RETRY_AFTER["Retry-After"])
    return HttpResponse(status=200) if over is None else _later(str(over.retry_after))


def _take(mail: MailReply) -> None:
    """By the first of its addresses that is ours, which is the one that the provider got it for: others
    may stand beside it in its To, and have it as a mail of their own.
    """
    recipients = mail.recipients[:MOST_ADDRESSES]
    for address in recipients:
        if read_reply_address(address) is not None:
            break
        if mail.whole is not None and all_addressed([address]):
            read = read_message(mail.whole, return_path=mail.return_path)
            receive_mail(read, to=all_addressed(recipients), now=clock.now())
            return
    answer_mail(provider=settings.MAIL_REPLIES["provider"], mail=mail, now=clock.now())


def _later(seconds: str) -> HttpResponse:
    metrics.EVENTS_REFUSED.labels(source=EMAIL, status="503").inc()
    return HttpResponse("Please send it again.", status=503, headers={"Retry-After": seconds})
