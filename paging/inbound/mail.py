"""What a mail provider posts to us of a mail that came in: whether it did so, and the mail in it.

django-anymail checks the signature, or the password of those who do not sign, and knows each one's form:
https://anymail.dev/en/stable/inbound/
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from email.message import Message
from email.utils import getaddresses
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import structlog
from anymail.exceptions import AnymailWebhookValidationFailure
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from paging.core.mail_reply import NAMED, MailReply

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Sequence[MailReply], P], HttpResponse]
MAX_BYTES = 2 * 1024 * 1024  # what Django reads of a form; a mail with more than a small picture is refused
LONGEST_HEADER = 2000  # characters of one that are read
TYPE = "text/plain; charset=utf-8"
log = structlog.get_logger(__name__)


def door(view: View[P]) -> Callable[..., HttpResponse]:
    """For a view that the provider of EMAIL_REPLIES posts to, which gets the mails as its second argument.

    Anything but POST is 405, a body above MAX_BYTES 413, and 403 what the provider did not sign, or post with
    the password; so is everything where none is set up. What is signed and no mail is 400.
    """

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **parts: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            return _refusal(405, "Send this as POST.", Allow="POST")
        provider = settings.MAIL_REPLIES["provider"]
        try:
            _ = request.body if _declared(request) <= MAX_BYTES else _too_large()
            replies = _replies(request)
        except RequestDataTooBig:
            return _refusal(413, "The mail is too large.")
        except (AnymailWebhookValidationFailure, UnreadablePostError):
            log.warning("callback_refused", provider=provider, door=request.path_info.split("/")[1:3])
            return _refusal(403, "The signature or the password is not the provider's.")
        except Exception as fault:  # noqa: BLE001 - anymail raises whatever a form lacks
            log.warning("mail_unreadable", provider=provider, error=type(fault).__name__)
            return _refusal(400, "The body is no mail of this provider's.")
        return view(request, replies, *args, **parts)

    return guarded


def _replies(request: HttpRequest) -> list[MailReply]:
    if not settings.MAIL_REPLIES["view"]:
        raise AnymailWebhookValidationFailure
    view: Any = import_string(settings.MAIL_REPLIES["view"])(**settings.MAIL_REPLIES["options"])
    view.run_validators(request)
    return [reply_of(event.message, event_id=event.event_id or "") for event in view.parse_events(request)]


def reply_of(mail: Any, *, event_id: str = "") -> MailReply:
    """`mail` is anymail's AnymailInboundMessage."""
    raw = [(name.casefold(), str(value)[:LONGEST_HEADER]) for name, value in mail.raw_items()]
    senders = [value for name, value in raw if name == "from"]
    written = _addresses(senders)
    sent_to = [value for name, value in raw if name in {"to", "cc", "delivered-to"}]
    named = [value for name, value in raw if name == "message-id"]
    sender = written[0] if len(senders) == 1 and len(written) == 1 else ""
    recipients = _addresses([str(mail.envelope_recipient or "")[:LONGEST_HEADER], *sent_to], folded=False)
    text, html = _part(mail, "text/plain"), _part(mail, "text/html")
    known_by = [next(iter(named), "") or event_id or text or html, sender, *map(str.casefold, recipients)]
    return MailReply(
        id=hashlib.sha256("\n".join(known_by).encode(errors="replace")).hexdigest(),
        sender=sender,
        recipients=recipients,
        text=text,
        html=html,
        kind=str(mail.get_content_type()),
        return_path=None if mail.envelope_sender is None else str(mail.envelope_sender),
        headers={name: value.casefold() for name, value in raw if name in NAMED},
        whole=mail,
    )


def _addresses(headers: Sequence[str], *, folded: bool = True) -> tuple[str, ...]:
    """Each once, in lower case if `folded`; none of what cannot be read."""
    try:
        found = getaddresses(headers)
    except RecursionError:  # brackets in brackets in brackets
        return ()
    written = (address.strip() for _, address in found if address)
    return tuple(dict.fromkeys(one.casefold() if folded else one for one in written))


def _part(mail: Message, kind: str) -> str:
    """The first of that kind: not of an attachment, and not of a mail that is attached."""
    for part in _own_parts(mail):
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            return _decoded(payload, part.get_content_charset("utf-8")) if isinstance(payload, bytes) else ""
    return ""


def _own_parts(mail: Message) -> Iterator[Message]:
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart":
            inside = part.get_payload()
            waiting += reversed([one for one in inside if isinstance(one, Message)])
        else:
            yield part  # an attached mail as one, never what is in it


def _decoded(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, errors="replace")
    except (LookupError, ValueError):  # no charset, or one that is none of text
        return payload.decode("utf-8", errors="replace")


def _declared(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _too_large() -> bytes:
    raise RequestDataTooBig


def _refusal(status: int, sentence: str, **headers: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, headers=headers, content_type=TYPE)
