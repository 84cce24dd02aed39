"""A phone company on the loopback: the part of Twilio's REST API that sends, and the phones it reaches.

    with FakePhone() as phone:
        settings.TWILIO = phone.settings
        ...
        sms = phone.expect_sms(to="+14155550101", containing="DiskFull")

Leaving the block fails if a message arrived that nobody expected. Failures are scripted beforehand:
`phone.fail_next(status=429, code=20429)` for one request, `phone.hang_next()` for one that gets no answer
until it is released.
"""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.inbox import Inbox

SID = "AC" + "0" * 32
TOKEN = "fake-token"
NUMBER = "+15005550006"
LONGEST_HANG = 30


@dataclass(frozen=True)
class Sms:
    sid: str
    to: str
    sender: str
    body: str
    form: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Call:
    sid: str
    to: str
    sender: str
    twiml: str
    form: dict[str, str] = field(repr=False)


@dataclass
class Failure:
    """What one request gets instead: an error of Twilio's shape, or silence until `release` is set."""

    status: int = 0
    code: int | None = None
    message: str = "scripted"
    release: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)


class FakePhone:
    def __init__(self) -> None:
        self._messages: Inbox[Sms] = Inbox()
        self._calls: Inbox[Call] = Inbox()
        self._failures: deque[Failure] = deque()
        self._count = 0
        self._lock = threading.Lock()
        self.refused: list[dict[str, str]] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def settings(self) -> dict[str, str]:
        """For `settings.TWILIO`."""
        return {
            "account_sid": SID,
            "auth_token": TOKEN,
            "from_number": NUMBER,
            "messaging_service_sid": "",
            "api_base_url": self.url,
        }

    def expect_sms(self, *, to: str, containing: str = "", timeout: float = 5) -> Sms:
        return self._messages.take(
            lambda sms: sms.to == to and containing in sms.body,
            wanted=f"an SMS to {to} containing “{containing}”",
            timeout=timeout,
        )

    def expect_call(self, *, to: str, containing: str = "", timeout: float = 5) -> Call:
        return self._calls.take(
            lambda call: call.to == to and containing in call.twiml,
            wanted=f"a call to {to} saying “{containing}”",
            timeout=timeout,
        )

    def fail_next(
        self, *, status: int, code: int | None = None, message: str = "scripted", times: int = 1
    ) -> None:
        self._failures.extend(Failure(status, code, message) for _ in range(times))

    def hang_next(self) -> Failure:
        """One request gets no answer until `.release.set()`; `.reached` is set when it has come."""
        failure = Failure(release=threading.Event())
        self._failures.append(failure)
        return failure

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        left = [*self._messages.left(), *self._calls.left()]
        assert kind or not left, f"Nobody expected {left}"

    def take(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer one request, from one of the server's threads."""
        failure = self._failures.popleft() if self._failures else Failure()
        failure.reached.set()
        if failure.release is not None:
            failure.release.wait(LONGEST_HANG)
        if failure.status:
            self.refused.append(form)
            return failure.status, _error(failure.status, failure.code, failure.message)
        return self._accept(path, form)

    def _accept(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self._count += 1
            number = self._count
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        if path.endswith("/Messages.json") and form.get("Body"):
            sms = Sms(f"SM{number:032x}", form["To"], sender, form["Body"], form)
            self._messages.put(sms)
            return 201, {"sid": sms.sid, "status": "queued", "to": sms.to, "body": sms.body}
        if path.endswith("/Calls.json") and form.get("Twiml"):
            call = Call(f"CA{number:032x}", form["To"], sender, form["Twiml"], form)
            self._calls.put(call)
            return 201, {"sid": call.sid, "status": "queued", "to": call.to}
        return 400, _error(400, 21602, "Message body is required")


def _error(status: int, code: int | None, message: str) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(phone: FakePhone) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        company: ClassVar[FakePhone] = phone

    return Handler


class _Handler(BaseHTTPRequestHandler):
    company: ClassVar[FakePhone]

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        path = urlsplit(self.path).path
        if not self.headers.get("Authorization", "").startswith("Basic "):
            self._answer(401, _error(401, 20003, "Authenticate"))
        elif not path.startswith(f"/2010-04-01/Accounts/{SID}/"):
            self._answer(404, _error(404, 20404, f"The requested resource {path} was not found"))
        else:
            self._answer(*self.company.take(path, form))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            """The caller has given up waiting, as a real one would."""

    def log_message(self, *_: object) -> None:
        """Silent: a test's output is for the test."""
