"""Somebody's web server on the loopback: it takes whatever is posted, and answers as a test says.

    with FakeWeb() as web:
        ...
        asked = web.expect_request(path="/pages")

Leaving the block fails if a request came that nobody expected. Answers are scripted beforehand:
`web.answer_next(429)`, `web.answer_next(302, Location="...")`, `web.hang_next()` for one that gets none.
"""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from tests.fakes.inbox import Inbox

LONGEST_HANG = 30


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    release: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)


class FakeWeb:
    host = "127.0.0.1"

    def __init__(self) -> None:
        self._inbox: Inbox[Request] = Inbox()
        self._answers: deque[Answer] = deque()
        self._expects_all = False
        self._server = _Server((self.host, 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def expect_request(self, *, path: str = "", timeout: float = 30) -> Request:
        return self._inbox.take(
            lambda request: request.path.startswith(path), wanted=f"a request to {path}", timeout=timeout
        )

    def forget(self) -> None:
        """All is expected, also what still comes: of a caller that gives up, nobody knows how far it got."""
        self._expects_all = True

    def expect_none(self) -> None:
        assert not self._inbox.left()

    def answer_next(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self._answers.append(Answer(status, body, headers))

    def hang_next(self) -> Answer:
        """One request gets no answer until `.release.set()`; `.reached` is set when it has come."""
        answer = Answer(release=threading.Event())
        self._answers.append(answer)
        return answer

    def take(self, request: Request) -> Answer:
        answer = self._answers.popleft() if self._answers else Answer()
        self._inbox.put(request)
        answer.reached.set()
        if answer.release is not None:
            answer.release.wait(LONGEST_HANG)
        return answer

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        left = self._inbox.left()
        assert kind or self._expects_all or not left, f"Nobody expected {left}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that has given up and gone is no news."""


def _handler(web: FakeWeb) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        server_of: ClassVar[FakeWeb] = web

    return Handler


class _Handler(BaseHTTPRequestHandler):
    server_of: ClassVar[FakeWeb]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server_of.take(Request(self.command, self.path, dict(self.headers), body))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Quiet."""
