"""Somebody else's calendar server, on loopback: it serves what a test says, and remembers who asked."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.fakes.loopback import Loopback, Request, Response

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

    def answer(self, request: Request) -> Response:
        self.asked.append((request.path, dict(request.headers)))
        if callable(self.before):
            self.before()
        etag = self.headers.get("ETag")
        fresh = etag is not None and request.headers.get("If-None-Match") == etag
        return Response(304 if fresh else self.status, b"" if fresh else self.body, self.headers)


@contextmanager
def running():
    elsewhere = Elsewhere()
    server = Loopback(elsewhere.answer)
    elsewhere.port = server.port
    server.start()
    try:
        yield elsewhere
    finally:
        server.stop()
