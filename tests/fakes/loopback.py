"""A web server on the loopback: what every fake is that is spoken to by HTTP."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

HOST = "127.0.0.1"
LONGEST_HANG = 30


@dataclass(frozen=True)
class Request:
    """`headers` are found by their names in any case."""

    method: str
    path: str
    headers: Message = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """Its length is said, unless `headers` say another one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, said: Any) -> Response:
    return Response(status, json.dumps(said).encode(), {"Content-Type": "application/json"})


@dataclass(kw_only=True)
class Scripted:
    """What one request gets instead of the usual: perhaps no answer before `release` is set. `reached` is set
    when it has come.
    """

    release: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)

    def arrive(self) -> None:
        self.reached.set()
        if self.release is not None:
            self.release.wait(LONGEST_HANG)


class Loopback:
    """`answer` is called in a thread for each connection. `keeps`: a caller may keep its connection for the
    next request.
    """

    def __init__(self, answer: Callable[[Request], Response], *, keeps: bool = False) -> None:
        more = {"answer": staticmethod(answer)} | ({"protocol_version": "HTTP/1.1"} if keeps else {})
        self._server = _Server((HOST, 0), type("Handler", (_Handler,), more))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def connections(self) -> int:
        """How many were opened so far."""
        return self._server.connections

    def hang_up(self) -> None:
        """End every connection that is open, as a server does with one that rested for long."""
        self._server.hang_up()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has given up and gone is no news."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    answer: ClassVar[Callable[[Request], Response]]
    wbufsize = -1  # one packet for an answer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        response = self.answer(Request(self.command, self.path, self.headers, body))
        self.send_response(response.status)
        for name, value in ({"Content-Length": str(len(response.body))} | dict(response.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Silent: a test's output is for the test."""
