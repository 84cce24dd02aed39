"""The part of Twilio's REST API that sends, on the loopback: it takes what is whole, or fails as told."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.loopback import Loopback, Request, Response, Scripted, json_response

SID = "AC" + "0" * 32
Form = dict[str, str]
Accept = Callable[[str, int, Form], None]


@dataclass
class Failure(Scripted):
    """What one request gets instead: an error of Twilio's shape, or silence until `release` is set."""

    status: int = 0
    code: int | None = None
    message: str = "scripted"


class Carrier(Loopback):
    """Answers `Messages.json` and `Calls.json`; what it takes goes to `accept`: kind, number, form."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept
        self._count = 0
        self._lock = threading.Lock()
        self.failures: deque[Failure] = deque()
        self.refused: list[Form] = []
        super().__init__(self._answer, keeps=True)

    def count(self) -> int:
        """A number for a new sid."""
        with self._lock:
            self._count += 1
            return self._count

    def take(self, path: str, form: Form) -> tuple[int, dict[str, Any]]:
        """Answer one request, from one of the server's threads."""
        failure = self.failures.popleft() if self.failures else Failure()
        failure.arrive()
        if failure.status:
            self.refused.append(form)
            return failure.status, error(failure.status, failure.code, failure.message)
        if path.endswith("/Messages.json") and form.get("Body"):
            return self._take("SM", form)
        if path.endswith("/Calls.json") and (form.get("Twiml") or form.get("Url")):
            return self._take("CA", form)
        return 400, error(400, 21602, "Message body is required")

    def _answer(self, request: Request) -> Response:
        path = urlsplit(request.path).path
        if not request.headers.get("Authorization", "").startswith("Basic "):
            return json_response(401, error(401, 20003, "Authenticate"))
        if not path.startswith(f"/2010-04-01/Accounts/{SID}/"):
            return json_response(404, error(404, 20404, f"The requested resource {path} was not found"))
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        return json_response(*self.take(path, form))

    def _take(self, kind: str, form: Form) -> tuple[int, dict[str, Any]]:
        sid = f"{kind}{self.count():032x}"
        self._accept(kind, sid, form)
        return 201, {"sid": sid, "status": "queued", "to": form["To"]}


def error(status: int, code: int | None, message: str) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}
