"""The part of Twilio's REST API that sends, on the loopback: it takes what is whole, or fails as told."""

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

SID = "AC" + "0" * 32
LONGEST_HANG = 30
Form = dict[str, str]
Accept = Callable[[str, int, Form], None]


@dataclass
class Failure:
    """What one request gets instead: an error of Twilio's shape, or silence until `release` is set."""

    status: int = 0
    code: int | None = None
    message: str = "scripted"
    release: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)


class Carrier:
    """Answers `Messages.json` and `Calls.json`; what it takes goes to `accept`: kind, number, form."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept
        self._count = 0
        self._lock = threading.Lock()
        self.failures: deque[Failure] = deque()
        self.refused: list[Form] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def connections(self) -> int:
        """How many were opened so far."""
        return self._server.connections

    def hang_up(self) -> None:
        """End every connection that is open, as a server does with one that rested for long."""
        self._server.hang_up()

    def count(self) -> int:
        """A number for a new sid."""
        with self._lock:
            self._count += 1
            return self._count

    def take(self, path: str, form: Form) -> tuple[int, dict[str, Any]]:
        """Answer one request, from one of the server's threads."""
        failure = self.failures.popleft() if self.failures else Failure()
        failure.reached.set()
        if failure.release is not None:
            failure.release.wait(LONGEST_HANG)
        if failure.status:
            self.refused.append(form)
            return failure.status, error(failure.status, failure.code, failure.message)
        if path.endswith("/Messages.json") and form.get("Body"):
            return self._take("SM", form)
        if path.endswith("/Calls.json") and (form.get("Twiml") or form.get("Url")):
            return self._take("CA", form)
        return 400, error(400, 21602, "Message body is required")

    def _take(self, kind: str, form: Form) -> tuple[int, dict[str, Any]]:
        sid = f"{kind}{self.count():032x}"
        self._accept(kind, sid, form)
        return 201, {"sid": sid, "status": "queued", "to": form["To"]}


def error(status: int, code: int | None, message: str) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


class _Server(ThreadingHTTPServer):
    """Callers keep their connections; with the server all of them end."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
            self.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        self.hang_up()

    def hang_up(self) -> None:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _handler(carrier: Carrier) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        company: ClassVar[Carrier] = carrier

    return Handler


class _Handler(BaseHTTPRequestHandler):
    company: ClassVar[Carrier]
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for an answer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        path = urlsplit(self.path).path
        if not self.headers.get("Authorization", "").startswith("Basic "):
            self._answer(401, error(401, 20003, "Authenticate"))
        elif not path.startswith(f"/2010-04-01/Accounts/{SID}/"):
            self._answer(404, error(404, 20404, f"The requested resource {path} was not found"))
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
