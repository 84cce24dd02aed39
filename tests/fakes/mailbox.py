"""A mail server on the loopback that keeps what it takes.

    with FakeMailbox() as mailbox:
        settings.EMAIL_HOST, settings.EMAIL_PORT = mailbox.host, mailbox.port
        ...
        mail = mailbox.expect_mail(to="alice@acme.example", subject="DiskFull")

Leaving the block fails if a mail arrived that nobody expected. `mailbox.refuse_next("451 4.3.0 try later")`
refuses one at the end of its data; `refused` keeps it all the same. `refuse_recipient("550 5.1.1 unknown")`
refuses one before it.
"""

from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.fakes.inbox import Inbox


@dataclass(frozen=True)
class Mail:
    to: tuple[str, ...]
    sender: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    def body(self, kind: str = "plain") -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return "" if part is None else cast("str", part.get_content())

    def __repr__(self) -> str:
        return f"Mail(to={self.to}, subject={self.subject!r})"


class FakeMailbox:
    host = "127.0.0.1"

    def __init__(self) -> None:
        self._inbox: Inbox[Mail] = Inbox()
        self._answers: deque[str] = deque()
        self._recipient_answers: deque[str] = deque()
        self._controller = AnyPort(self, hostname=self.host, port=0)
        self.refused: list[Mail] = []

    @property
    def port(self) -> int:
        return self._controller.port

    def expect_mail(self, *, to: str, subject: str = "", containing: str = "", timeout: float = 30) -> Mail:
        return self._inbox.take(
            lambda mail: to in mail.to and subject in mail.subject and containing in mail.body(),
            wanted=f"a mail to {to} with “{subject}” in its subject and “{containing}” in its text",
            timeout=timeout,
        )

    def refuse_next(self, answer: str) -> None:
        self._answers.append(answer)

    def refuse_recipient(self, answer: str) -> None:
        self._recipient_answers.append(answer)

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._recipient_answers:
            return self._recipient_answers.popleft()
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = cast("bytes", envelope.original_content)
        message = cast("EmailMessage", message_from_bytes(content, policy=default))
        mail = Mail(tuple(envelope.rcpt_tos), str(envelope.mail_from), message)
        if self._answers:
            self.refused.append(mail)
            return self._answers.popleft()
        self._inbox.put(mail)
        return "250 OK"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._controller.stop()
        left = self._inbox.left()
        assert kind or not left, f"Nobody expected {left}"


class AnyPort(Controller):
    """On whichever port is free; known once it listens."""

    async def _create_server(self) -> Any:
        server = await super()._create_server()
        self.port = server.sockets[0].getsockname()[1]
        return server
