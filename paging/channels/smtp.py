"""SMTP with one time limit for the whole conversation (settings.EMAIL_BACKEND).

A limit per command, which is all that smtplib has, lets a server that answers each one late outlast the
sender's lease, so that the message is sent again while it is still being sent.
"""

import smtplib
from time import monotonic
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

TIMEOUT = 8.0


class _Bounded(smtplib.SMTP):
    """Every send and every answer gets what is left of TIMEOUT."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._deadline = monotonic() + TIMEOUT
        super().__init__(*args, **kwargs)

    def send(self, s: Any) -> None:
        self._hurry()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        self._hurry()
        return super().getreply()

    def _hurry(self) -> None:
        left = self._deadline - monotonic()
        if left <= 0:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"the conversation took longer than {TIMEOUT:.0f} s")
        if self.sock is not None:
            self.sock.settimeout(left)


class _BoundedSsl(_Bounded, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _BoundedSsl if self.use_ssl else _Bounded
