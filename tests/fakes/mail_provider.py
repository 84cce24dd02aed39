"""A provider that takes the mails people answer ours with, and posts each to us in its own shape.

    provider = FakeMailProvider("postmark")
    settings.MAIL_REPLIES = provider.settings
    mail = mailbox.expect_mail(to="ana@example.com")
    assert provider.reply(mail, "ack").status_code == 200

A reply quotes the mail it answers below its own text, as mail programs do; `headers`, `sender`, `html` and
`envelope_sender` make it another one. `post` takes any mail, and `secret` another than the right one.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from email.message import EmailMessage
from email.utils import getaddresses, make_msgid
from typing import Any, cast

from django.test import Client

from tests.fakes.mailbox import Mail
from watchbill import mail_replies

SECRET = "tests-only-0123456789"
URL = "/mail/replies"
Posted = dict[str, Any]


class FakeMailProvider:
    def __init__(self, name: str = "postmark", *, at: str = "reply.acme.example") -> None:
        self.name = name
        self.settings = asdict(mail_replies.read(f"{name}://{SECRET}@{at}"))

    def reply(
        self,
        mail: Mail,
        text: str | None,
        *,
        sender: str = "",
        html: str = "",
        headers: Mapping[str, str] | None = None,
        **posting: Any,
    ) -> Any:
        """What the person whom `mail` was to writes back to its Reply-To. Returns our side's response."""
        return self.post(written(mail, text, sender=sender, html=html, headers=headers or {}), **posting)

    def post(self, mail: EmailMessage, *, envelope_sender: str | None = None, secret: str = SECRET) -> Any:
        if envelope_sender is None:
            envelope_sender = getaddresses([str(mail["From"])])[0][1]
        recipient = getaddresses([str(mail["To"])])[0][1]
        return self.post_as_it_is(**SHAPES[self.name](mail, envelope_sender, recipient, secret))

    def post_as_it_is(self, path: str = URL, **posted: Any) -> Any:
        return Client(enforce_csrf_checks=True).post(path, **posted)


def written(
    mail: Mail, text: str | None, *, sender: str, html: str = "", headers: Mapping[str, str]
) -> EmailMessage:
    """`text` None: the reply has HTML only."""
    reply = EmailMessage()
    reply["From"] = sender or f"Somebody <{mail.to[0]}>"
    reply["To"] = str(mail.message["Reply-To"])
    reply["Subject"] = f"Re: {mail.subject}"
    reply["In-Reply-To"] = mail.message_id
    reply["Message-ID"] = make_msgid(domain="phone.example")
    for name, value in headers.items():
        del reply[name]
        reply[name] = value
    quoted = "".join(f"> {line}\n" for line in mail.body().splitlines())
    if text is not None:
        reply.set_content(f"{text}\n\nOn Monday Watchbill wrote:\n{quoted}")
    if html:
        (reply.add_alternative if text is not None else reply.set_content)(html, subtype="html")
    return reply


def _basic(secret: str) -> dict[str, str]:
    given = base64.b64encode(f"{mail_replies.USER}:{secret}".encode()).decode()
    return {"authorization": f"Basic {given}"}


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return "" if part is None else cast("str", part.get_content())


def _headers(mail: EmailMessage) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in mail.items() if not name.startswith(("Content", "MIME"))]


def _postmark(mail: EmailMessage, sender: str, recipient: str, secret: str) -> Posted:
    name, address = getaddresses([str(mail["From"])])[0]
    apart = {"From", "To", "Subject"}
    headers = [{"Name": "Return-Path", "Value": f"<{sender}>"}]
    headers += [{"Name": name, "Value": value} for name, value in _headers(mail) if name not in apart]
    event = {
        "FromFull": {"Email": address, "Name": name},
        "ToFull": [{"Email": recipient, "Name": ""}],
        "OriginalRecipient": recipient,
        "Subject": str(mail["Subject"]),
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "TextBody": _part(mail, "plain"),
        "HtmlBody": _part(mail, "html"),
        "Headers": headers,
    }
    return {"data": event, "content_type": "application/json", "headers": _basic(secret)}


def _mailjet(mail: EmailMessage, sender: str, recipient: str, secret: str) -> Posted:
    event = {
        "Sender": sender,
        "Recipient": recipient,
        "Headers": dict(_headers(mail)),
        "Text-part": _part(mail, "plain"),
        "Html-part": _part(mail, "html"),
        "Parts": [],
    }
    return {"data": event, "content_type": "application/json", "headers": _basic(secret)}


def _sparkpost(mail: EmailMessage, sender: str, recipient: str, secret: str) -> Posted:
    content = {"email_rfc822": mail.as_string(), "email_rfc822_is_base64": False}
    message = {"protocol": "smtp", "content": content, "msg_from": sender, "rcpt_to": recipient}
    event = [{"msys": {"relay_message": message}}]
    return {"data": json.dumps(event), "content_type": "application/json", "headers": _basic(secret)}


def _mailersend(mail: EmailMessage, sender: str, recipient: str, secret: str) -> Posted:
    data = {
        "id": "62d0055b1a2b3c4d5e6f7a8b",
        "created_at": "2026-03-02T10:00:00Z",
        "raw": mail.as_string(),
        "sender": {"email": sender},
        "recipients": {"rcptTo": [{"email": recipient}]},
    }
    body = json.dumps({"type": "inbound.message", "data": data}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"data": body, "content_type": "application/json", "headers": {"Signature": signature}}


def _mailgun(mail: EmailMessage, sender: str, recipient: str, secret: str) -> Posted:
    token, timestamp = hashlib.sha256(str(mail["Message-ID"]).encode()).hexdigest()[:50], "1772445600"
    signature = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    form = {
        "sender": sender,
        "recipient": recipient,
        "message-headers": json.dumps(_headers(mail)),
        "body-plain": _part(mail, "plain"),
        "body-html": _part(mail, "html"),
        "timestamp": timestamp,
        "token": token,
        "signature": signature,
    }
    return {"data": form}  # multipart, as with attachments


SHAPES: Mapping[str, Callable[[EmailMessage, str, str, str], Posted]] = {
    "mailersend": _mailersend,
    "mailgun": _mailgun,
    "mailjet": _mailjet,
    "postmark": _postmark,
    "sparkpost": _sparkpost,
}
