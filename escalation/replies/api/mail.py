"""Where the provider of EMAIL_REPLIES posts a mail that people answer ours with."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from escalation.replies.mail import answer_mail
from paging.core.mail_reply import MailReply
from paging.inbound.mail import door
from people import clock


@door
def replies(_request: HttpRequest, mails: Sequence[MailReply]) -> HttpResponse:
    """`POST /mail/replies`. Does what each of them says; the answers leave as mails of their own."""
    for mail in mails:
        answer_mail(provider=settings.MAIL_REPLIES["provider"], mail=mail, now=clock.now())
    return HttpResponse(status=200)
