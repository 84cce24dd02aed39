"""Somebody's server that takes what steps tell: it checks every signature, and behaves as a test says.

    with HookReceiver(secret) as receiver:
        receiver.fail_next(500, times=2)
        ...
        assert [event["event"] for event in receiver.events] == ["incident.step"]

`posts` are all requests that came, `events` those that it took, each checked against the secret, by the code
of docs/webhooks-out.md and by the library of Standard Webhooks.
"""

import hashlib
import hmac
import json
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any, Self

from standardwebhooks import Webhook

from paging.core.signing import spelled
from tests.fakes.loopback import HOST, Loopback, Request, Response, Scripted


def is_ours(secret: str, headers: Any, body: bytes, *, now: float | None = None) -> bool:
    said = dict(part.split("=", 1) for part in headers["X-Watchbill-Signature"].split(","))
    proof = hmac.new(secret.encode(), said["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    fresh = abs((time.time() if now is None else now) - int(said["t"])) < 300
    return fresh and hmac.compare_digest(said["v1"], proof)


def is_standard(secret: str, request: Request) -> bool:
    """Whether it is signed as the library of Standard Webhooks signs it. Its own check looks at this
    machine's clock; a test's may stand elsewhere.
    """
    given = {name.lower(): value for name, value in request.headers.items()}
    at = datetime.fromtimestamp(int(given["webhook-timestamp"]), tz=UTC)
    proof = Webhook(spelled(secret)).sign(given["webhook-id"], at, request.body.decode())
    return proof in given["webhook-signature"].split(" ")


class HookReceiver:
    host = HOST

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.posts: list[Request] = []
        self.events: list[dict[str, Any]] = []
        self._answers: deque[tuple[int, dict[str, str], bytes]] = deque()
        self._hanging: Scripted | None = None
        self._server = Loopback(self._take)

    @property
    def url(self) -> str:
        return f"{self._server.url}/watchbill"

    def fail_next(self, status: int, *, times: int = 1, body: bytes = b"", **headers: str) -> None:
        self._answers.extend([(status, headers, body)] * times)

    def hang(self) -> Scripted:
        """Every request gets no answer until `.release.set()`."""
        self._hanging = Scripted(release=threading.Event())
        return self._hanging

    def _take(self, request: Request) -> Response:
        self.posts.append(request)
        if self._hanging is not None:
            self._hanging.arrive()
        status, headers, body = self._answers.popleft() if self._answers else (204, {}, b"")
        if 200 <= status < 300:
            stamp = request.headers["X-Watchbill-Signature"].split(",")[0].removeprefix("t=")
            assert is_ours(self.secret, request.headers, request.body, now=int(stamp))
            assert is_standard(self.secret, request)
            self.events.append(json.loads(request.body))
        return Response(status, body, headers)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._hanging is not None and self._hanging.release is not None:
            self._hanging.release.set()
        self._server.stop()
