"""Somebody's web server on the loopback: it takes whatever is posted, and answers as a test says.

    with FakeWeb() as web:
        ...
        asked = web.expect_request(path="/pages")

Leaving the block fails if a request came that nobody expected. Answers are scripted beforehand:
`web.answer_next(429)`, `web.answer_next(302, Location="...")`, `web.hang_next()` for one that gets none.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Self

from tests.fakes.inbox import Inbox
from tests.fakes.loopback import HOST, Loopback, Request, Response, Scripted


@dataclass
class Answer(Scripted):
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


class FakeWeb:
    host = HOST

    def __init__(self) -> None:
        self._inbox: Inbox[Request] = Inbox()
        self._answers: deque[Answer] = deque()
        self._expects_all = False
        self._server = Loopback(self._take)

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return self._server.url

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

    def _take(self, request: Request) -> Response:
        answer = self._answers.popleft() if self._answers else Answer()
        self._inbox.put(request)
        answer.arrive()
        return Response(answer.status, answer.body, answer.headers)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._server.stop()
        left = self._inbox.left()
        assert kind or self._expects_all or not left, f"Nobody expected {left}"
