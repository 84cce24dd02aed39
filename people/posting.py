"""Post a JSON document to an address that somebody else gave: behind the fence of `people.outbound`, no
redirect followed, no proxy used.
"""

import http.client
import ssl
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from people import outbound

TIMEOUT = 8.0  # seconds in all: looking the name up, connecting, sending, waiting for the answer
AGENT = "Watchbill (webhook)"
READING = 1.0  # seconds for what is said beside the status


class NotPosted(Exception):
    """No answer came. The text is a sentence that names the host alone; `lasting`: nor will one come before
    somebody changes something.
    """

    def __init__(self, sentence: str, *, lasting: bool = False) -> None:
        super().__init__(sentence)
        self.lasting = lasting


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`retry_after` is that header; `text` the beginning of what was said, as far as it was to be read."""

    status: int
    retry_after: str = ""
    text: str = ""


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    private_hosts: Collection[str],
    seconds: float = TIMEOUT,
    read: int = 0,
) -> Answer:
    """`read`: bytes at most of the body of an answer that is not 2xx. Raises NotPosted."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and host not in private_hosts:
        raise NotPosted(f"{host} is not asked without encryption; write https://", lasting=True)
    try:
        return outbound.call(
            lambda: _post(parts, body, headers, read), seconds=seconds, private_hosts=private_hosts
        )
    except outbound.Inside:
        raise NotPosted(
            f"{host} is inside the network; an operator may allow it in WEBHOOK_PRIVATE_HOSTS", lasting=True
        ) from None
    except ssl.SSLCertVerificationError:
        raise NotPosted(f"{host} does not prove that it is {host}", lasting=True) from None
    except outbound.OutOfTime as fault:
        raise NotPosted(f"{host} gave {fault}") from None
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise NotPosted(f"{host} did not answer ({type(fault).__name__})") from None


def _post(parts: SplitResult, body: bytes, headers: Mapping[str, str], read: int) -> Answer:
    connection = _connection(parts)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        said = {"Content-Type": "application/json; charset=utf-8", "User-Agent": AGENT, **headers}
        connection.request("POST", path, body, said)
        opened = connection.sock
        answer = connection.getresponse()
        opened.settimeout(READING)
        taken = 200 <= answer.status < 300
        return Answer(
            status=answer.status,
            retry_after=answer.headers.get("Retry-After", "").strip(),
            text="" if taken or not read else _beginning(answer, read),
        )
    finally:
        connection.close()


def _beginning(answer: http.client.HTTPResponse, most: int) -> str:
    """What cannot be read of it changes nothing about the status."""
    with suppress(OSError, http.client.HTTPException, ValueError):
        return answer.read1(most).decode("utf-8", "replace")
    return ""


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
