"""What Twilio posts to us, signed as Twilio signs: to Django's own test client, or to a server that runs."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import requests
from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answered:
    status: int
    text: str


class Callbacks:
    """`server` is where requests go (`http://127.0.0.1:8000`); without one they go to Django's test client,
    in the test's own thread and transaction. `public` is the PUBLIC_URL that is signed; by default the
    one of the settings.
    """

    def __init__(self, token: str) -> None:
        self._validator = RequestValidator(token)
        self.server = ""
        self.public = ""

    def address(self, path: str) -> str:
        return f"{self.public or settings.PUBLIC_URL}{path}"

    def post(self, address: str, form: dict[str, str]) -> Answered:
        """AssertionError where our side does not take it: a real company would show that as an error."""
        signature = self._validator.compute_signature(address, form)
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answered = self._send(path, urlencode(form), signature)
        assert 200 <= answered.status < 300, f"{path} answered {answered.status}: {answered.text[:300]}"
        return answered

    def _send(self, path: str, body: str, signature: str) -> Answered:
        headers = {"X-Twilio-Signature": signature}
        if not self.server:
            response = Client().post(path, body, FORM, headers=headers)
            return Answered(response.status_code, response.content.decode())
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                self.server + path,
                body,
                headers=headers | {"Content-Type": FORM},
                allow_redirects=False,
                timeout=15,  # as long as the real one waits
            )
            return Answered(answer.status_code, answer.text)
