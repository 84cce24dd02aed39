"""Posts over 16 connections, each of which waits for its answer, as fast as answers come."""

import re
import selectors
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic, perf_counter
from typing import Any

CONNECTIONS = 16


@dataclass
class Load:
    """What some connections were answered; `latencies` in seconds."""

    latencies: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def share(self, percent: int) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def post(port: int, posts: Iterator[bytes], *, seconds: float = 0.0, many: int = 0) -> Load:
    """As fast as answers come, for so long or so many of them. One thread and no library: it is not what is
    measured.
    """
    found, poll = Load(), selectors.EpollSelector()
    asked: dict[socket.socket, float] = {}

    def ask(sock: socket.socket) -> None:
        asked[sock] = perf_counter()
        sock.sendall(next(posts))

    begun = monotonic()
    for _ in range(CONNECTIONS):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(sock, selectors.EVENT_READ)
        ask(sock)
    while asked:
        for key, _ in poll.select():
            sock: Any = key.fileobj
            answer = answer_of(sock)
            found.latencies.append(perf_counter() - asked.pop(sock))
            if not answer.startswith((b"HTTP/1.1 20",)):
                found.refused.append(answer)
            over = len(found.latencies) + len(asked) >= many if many else monotonic() - begun >= seconds
            if over:
                poll.unregister(sock)
                sock.close()
            else:
                ask(sock)
    found.seconds = monotonic() - begun
    poll.close()
    return found


def answer_of(sock: socket.socket) -> bytes:
    answer = sock.recv(65536)
    while answer and not _is_whole(answer):
        more = sock.recv(65536)
        answer = answer + more if more else b""
    if not answer:
        raise SystemExit("The server hung up.")
    return answer


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(found) and length is not None and len(body) >= int(length[1])
