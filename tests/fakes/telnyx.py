"""A second phone company on the loopback: the part of Telnyx's API that sends, and its signed webhooks.

    with FakeTelnyx() as telnyx:
        settings.TELNYX = telnyx.settings
        ...
        sms = telnyx.expect_sms(to="+14155550101", containing="DiskFull")
        client.post(path, **telnyx.receipt(sms, "delivered"))

Leaving the block fails if a message arrived that nobody expected. Failures are scripted beforehand, as
with the fake phone: `fail_next(status=400, code="40310")`, `hang_next()`.
"""

import base64
import json
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.fakes.inbox import Inbox
from tests.fakes.loopback import Loopback, Request, Response, Scripted, json_response

API_KEY = "KEY0123fake"
NUMBER = "+13125550001"


@dataclass(frozen=True)
class Sms:
    id: str
    to: str
    sender: str
    body: str
    asked: dict[str, Any] = field(repr=False)

    @property
    def webhook(self) -> str:
        return self.asked["webhook_url"]


@dataclass
class Failure(Scripted):
    """What one request gets instead: an error of Telnyx's shape, raw text, or silence until `release`."""

    status: int = 0
    code: str = ""
    title: str = "scripted"
    raw: bytes = b""


class FakeTelnyx:
    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self._messages: Inbox[Sms] = Inbox()
        self._failures: deque[Failure] = deque()
        self.refused: list[dict[str, Any]] = []
        self._server = Loopback(self._answer)

    @property
    def settings(self) -> dict[str, str]:
        """For `settings.TELNYX`."""
        return {
            "api_key": API_KEY,
            "from_number": NUMBER,
            "messaging_profile_id": "",
            "public_key": base64.b64encode(self.key.public_key().public_bytes_raw()).decode(),
            "api_base_url": f"{self._server.url}/v2",
        }

    def expect_sms(self, *, to: str, containing: str = "", timeout: float = 30) -> Sms:
        return self._messages.take(
            lambda sms: sms.to == to and containing in sms.body,
            wanted=f"an SMS by Telnyx to {to} containing “{containing}”",
            timeout=timeout,
        )

    def fail_next(self, *, status: int, code: str = "", title: str = "scripted", raw: bytes = b"") -> None:
        self._failures.append(Failure(status, code, title, raw))

    def hang_next(self) -> Failure:
        """One request gets no answer until `.release.set()`; `.reached` is set when it has come."""
        failure = Failure(release=threading.Event())
        self._failures.append(failure)
        return failure

    def receipt(self, sms: Sms, status: str, *, errors: list[Any] = (), **signing: Any) -> dict[str, Any]:
        """Arguments for the test client's `post`: what Telnyx says became of a message, signed."""
        event = "message.sent" if status == "sent" else "message.finalized"
        to = [{"phone_number": sms.to, "status": status, "carrier": "T-MOBILE USA, INC."}]
        return self.webhook(
            event,
            {
                "record_type": "message",
                "direction": "outbound",
                "id": sms.id,
                "to": to,
                "errors": list(errors),
            },
            **signing,
        )

    def reply(self, text: str, *, sender: str, to: str = NUMBER, **signing: Any) -> dict[str, Any]:
        """Arguments for the test client's `post`: what a phone sent to our number, signed."""
        payload = {
            "record_type": "message",
            "direction": "inbound",
            "id": str(uuid.uuid4()),
            "from": {"phone_number": sender, "carrier": "T-MOBILE USA, INC.", "line_type": "Wireless"},
            "to": [{"phone_number": to, "status": "webhook_delivered"}],
            "text": text,
            "type": "SMS",
        }
        return self.webhook("message.received", payload, **signing)

    def webhook(
        self,
        event: str,
        payload: dict[str, Any],
        *,
        at: float | None = None,
        key: Ed25519PrivateKey | None = None,
    ) -> dict[str, Any]:
        """A post signed with `key` (Telnyx's) at `at` (now, in seconds since 1970)."""
        said = {
            "data": {"record_type": "event", "event_type": event, "id": str(uuid.uuid4()), "payload": payload}
        }
        return self.signed(json.dumps(said).encode(), at=at, key=key)

    def signed(
        self, body: bytes, *, at: float | None = None, key: Ed25519PrivateKey | None = None
    ) -> dict[str, Any]:
        moment = str(int(time.time() if at is None else at))
        signature = (key or self.key).sign(f"{moment}|".encode() + body)
        return {
            "data": body,
            "content_type": "application/json",
            "headers": {
                "telnyx-timestamp": moment,
                "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
            },
        }

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._server.stop()
        left = self._messages.left()
        assert kind or not left, f"Nobody expected {left}"

    def _answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return _error(401, "10009", "Authentication failed")
        if request.path != "/v2/messages":
            return _error(404, "10005", "Resource not found")
        return self._take(request.json)

    def _take(self, asked: dict[str, Any]) -> Response:
        """Answer one request, from one of the server's threads."""
        failure = self._failures.popleft() if self._failures else Failure()
        failure.arrive()
        if failure.status:
            self.refused.append(asked)
            if failure.raw:
                return Response(failure.status, failure.raw)
            return _error(failure.status, failure.code, failure.title)
        if not (asked.get("text") and asked.get("to")):
            return _error(422, "10004", "Missing required parameter")
        sender = asked.get("from") or asked.get("messaging_profile_id", "")
        sms = Sms(str(uuid.uuid4()), asked["to"], sender, asked["text"], asked)
        self._messages.put(sms)
        to = [{"phone_number": sms.to, "status": "queued"}]
        data = {"record_type": "message", "direction": "outbound", "id": sms.id, "to": to, "text": sms.body}
        return json_response(200, {"data": data})


def _error(status: int, code: str, title: str) -> Response:
    return json_response(
        status, {"errors": [{"code": code, "title": title, "detail": f"{title}, in detail"}]}
    )
