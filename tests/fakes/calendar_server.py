"""Somebody else's calendar server, on loopback: it serves what a test says, and remembers who asked."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Elsewhere//EN
{}
END:VCALENDAR
"""


def event(uid, start, end, *more, title="Vacation"):
    """A VEVENT; a start of eight characters is a whole day."""
    day = ";VALUE=DATE" if len(start) == 8 else ""
    lines = ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART{day}:{start}", f"DTEND{day}:{end}", f"SUMMARY:{title}"]
    return "\n".join([*lines, *more, "END:VEVENT"])


def document(*events, head=""):
    return CALENDAR.format("\n".join([*([head] if head else []), *events])).replace("\n", "\r\n").encode()


@dataclass
class Elsewhere:
    body: bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    port: int = 0
    before: object = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/secret-token/basic.ics"

    def serves(self, *events, **head):
        self.status, self.body = 200, document(*events, **head)


@contextmanager
def running():
    elsewhere = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            elsewhere.asked.append((self.path, dict(self.headers)))
            if callable(elsewhere.before):
                elsewhere.before()
            etag = elsewhere.headers.get("ETag")
            fresh = etag is not None and self.headers.get("If-None-Match") == etag
            self.send_response(304 if fresh else elsewhere.status)
            for name, value in elsewhere.headers.items():
                self.send_header(name, value)
            if not fresh and "Content-Length" not in elsewhere.headers:
                self.send_header("Content-Length", str(len(elsewhere.body)))
            self.end_headers()
            if not fresh:
                self.wfile.write(elsewhere.body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    elsewhere.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield elsewhere
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
