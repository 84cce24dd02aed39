"""Fetch a calendar that somebody else serves, without being led astray.

The address comes from a person, so that it must not reach what only this machine can: the name is resolved
once, the connection goes to that very address, and what answered must be public, at every redirect anew.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from threading import Thread, Timer
from typing import Any, Self
from urllib.parse import SplitResult, urljoin, urlsplit

from people.outbound import is_public

TIMEOUT = 8.0
MOST_BYTES = 5 * 1024 * 1024
MOST_REDIRECTS = 4
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PORTS = {"http": 80, "https": 443}
AGENT = "Watchbill (calendar reader)"


class Unfetched(Exception):
    """It could not be had; the text is a sentence that names the host at most: the address is a secret."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`body` None: it has not changed since `etag`."""

    body: bytes | None
    etag: str


def checked(address: str) -> str:
    """The address as it is asked for; webcal:// is https://. Raises ValueError with a sentence."""
    given = address.strip()
    scheme, colon, rest = given.partition(":")
    if scheme.casefold() in {"webcal", "webcals"}:
        given = f"https{colon}{rest}"
    if not given.isprintable() or " " in given or not given.isascii():
        raise ValueError("The address has characters that no address has; copy it once more.")
    if len(given) > 2000:
        raise ValueError("The address is longer than 2,000 characters; copy it once more.")
    try:
        _parts(given)
    except Unfetched as fault:
        raise ValueError(str(fault)) from None
    return given


def host_of(address: str) -> str:
    """What may be shown of an address."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def fetch(address: str, *, etag: str = "", private_hosts: Collection[str] = ()) -> Fetched:
    """Ask for `address`, for `TIMEOUT` seconds at most a hop. Raises Unfetched.

    `private_hosts` may be within the network, as the operator says.
    """
    for _ in range(MOST_REDIRECTS + 1):
        parts = _parts(address)
        answer = _ask(parts, etag, private_hosts)
        if isinstance(answer, Fetched):
            return answer
        onward = _onward(parts, answer)
        if parts.scheme == "https" and not onward.casefold().startswith("https:"):
            raise Unfetched(f"{parts.hostname} leads on to an address that is not encrypted.")
        address = onward
    raise Unfetched("The address leads on and on; subscribe to the last one.")


def _onward(parts: SplitResult, location: str) -> str:
    """Where a redirect leads; it may be beside where it was."""
    try:
        return urljoin(parts.geturl(), location)
    except ValueError:
        raise Unfetched(f"{parts.hostname} leads on to an address that cannot be read.") from None


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise Unfetched("The address cannot be read; copy it once more.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise Unfetched("The address must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise Unfetched("The address has a user and password in it; use the secret address of the calendar.")
    return parts


def _ask(parts: SplitResult, etag: str, private_hosts: Collection[str]) -> Fetched | str:
    """What came, or where it says to go on to."""
    host = parts.hostname or ""
    try:
        connection = _Pinned(parts, private=host.casefold() in private_hosts)
        with _Deadline(connection.shut), connection:
            return _answer(connection, parts, etag)
    except Unfetched:
        raise
    except ssl.SSLError:
        raise Unfetched(f"{host} does not prove that it is {host}.") from None
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise Unfetched(f"{host} did not answer ({type(fault).__name__}).") from None


def _answer(connection: "_Pinned", parts: SplitResult, etag: str) -> Fetched | str:
    host = parts.hostname or ""
    headers = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": AGENT}
    if etag:
        headers["If-None-Match"] = etag
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    if answer.status == 304:
        return Fetched(None, etag)
    if answer.status in REDIRECTS and answer.getheader("Location"):
        return str(answer.getheader("Location"))
    if answer.status != 200:
        raise Unfetched(f"{host} answered {answer.status}.")
    if answer.getheader("Content-Encoding", "identity").casefold() != "identity":
        raise Unfetched(f"{host} sends it compressed though it was asked not to.")
    body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Unfetched(f"The calendar at {host} is larger than {MOST_BYTES // 1024 // 1024} MB.")
    if connection.late or answer.length:
        raise Unfetched(f"{host} sent only a part of it in {TIMEOUT:.0f} s.")
    tag = answer.getheader("ETag", "")
    return Fetched(body, tag if tag.isprintable() and len(tag) <= 200 else "")


class _Pinned(http.client.HTTPConnection):
    """A connection to the very address that was looked at, with TLS for the name that was asked for."""

    def __init__(self, parts: SplitResult, *, private: bool) -> None:
        super().__init__(parts.hostname or "", parts.port or PORTS[parts.scheme], timeout=TIMEOUT)
        self._private = private
        self._encrypted = parts.scheme == "https"
        self._open: socket.socket | None = None
        self.late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> None:
        plain = self._connected()
        if self.late:
            plain.close()
            raise TimeoutError
        if not (self._private or is_public(plain.getpeername()[0])):
            plain.close()
            raise Unfetched(
                f"{self.host} is inside the network; an operator may allow it in CALENDAR_PRIVATE_HOSTS."
            )
        self.sock = plain
        if self._encrypted:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
            self._open = self.sock

    def shut(self) -> None:
        """From another thread: whatever is being waited for ends."""
        self.late = True
        if self._open is not None:
            try:
                self._open.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def _connected(self) -> socket.socket:
        """To the first address that answers, leaving out those inside before a packet is sent."""
        found = _looked_up(self.host, self.port)
        allowed = [each for each in found if self._private or is_public(str(each[4][0]))]
        if found and not allowed:
            raise Unfetched(
                f"{self.host} is inside the network; an operator may allow it in CALENDAR_PRIVATE_HOSTS."
            )
        fault: OSError = OSError("no address")
        for family, kind, protocol, _, where in allowed[:2]:
            if self.late:
                raise TimeoutError
            self._open = made = socket.socket(family, kind, protocol)
            made.settimeout(TIMEOUT)
            try:
                made.connect(where)
            except OSError as refused:
                made.close()
                fault = refused
            else:
                return made
        raise fault


def _looked_up(host: str, port: int) -> list[Any]:
    """What the name stands for. The system's resolver has limits of its own, longer than ours, and nobody can
    interrupt it: it is left alone when they are over.
    """
    answers: list[list[Any] | Exception] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as fault:
            answers.append(fault)

    asking = Thread(target=ask, name="calendar-lookup", daemon=True)
    asking.start()
    asking.join(TIMEOUT)
    answer = answers[0] if answers else TimeoutError()
    if isinstance(answer, Exception):
        raise answer
    return answer


class _Deadline:
    """Ends what takes longer than `TIMEOUT` in all: a drip of bytes never runs into a socket's own limit."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._timer = Timer(TIMEOUT, end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
