"""Call an address that somebody else gave, without being led astray.

What such a call opens is looked at by Python itself (an audit hook, PEP 578) at the moment it is opened,
whichever library asks: connections go to public addresses or to hosts that the operator allows, files are
Python's own, and no program is started. What is looked at is the very address that is connected to, so that
a name which resolves otherwise the second time gains nothing, nor does a redirect. When the time is over,
whatever is being waited for ends. A thread that the call starts would not be watched: give it none that does.

Addresses that the operator gave may be anywhere; for those there is only the time (`in_time`).
"""

import heapq
import ipaddress
import os
import select
import socket
import sys
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import Any, TypeVar

NAT64 = ipaddress.ip_network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
OWN_FILES = tuple({os.path.join(os.path.abspath(each), "") for each in (sys.prefix, sys.base_prefix)})  # noqa: PTH100, PTH118 - compared as text, for every file that is opened
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
PROGRAMS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty"}
)
WATCHED = LOOKUPS | CONNECTIONS | PROGRAMS | {"open"}

Answer = TypeVar("Answer")


class Inside(OSError):
    """The host is inside the network, and the operator does not allow it. The text names it alone."""


class OutOfTime(OSError):
    """It did not end in time."""


def is_public(written: str) -> bool:
    """Whether everybody can reach this IP address. One that wraps an IPv4 address is what that one is."""
    address = ipaddress.ip_address(written.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        elif address in SIX_TO_FOUR:
            inner = address.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local:  # inside since 1998, though out of use
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def inside(host: str, *, private_hosts: Collection[str]) -> bool:
    """Whether `host` is the IP address of something inside that is not allowed. Looks no name up."""
    try:
        return not is_public(host.strip("[]")) and host.strip("[]") not in private_hosts
    except ValueError:
        return host.casefold().rstrip(".") == "localhost" and "localhost" not in private_hosts


def call(work: Callable[[], Answer], *, seconds: float, private_hosts: Collection[str] = ()) -> Answer:
    """What `work` returns, watched, in a thread of its own, `seconds` at most.

    `private_hosts` (names or addresses, in lower case) may be inside the network. Raises OutOfTime, Inside
    where `work` failed after it was kept from a host inside, and otherwise whatever `work` raises.
    """
    guard = _Guard(private_hosts)
    done: Future[Answer] = Future()
    thread = threading.Thread(target=_run, args=(work, guard, done), name="outbound", daemon=True)
    thread.start()
    thread.join(seconds)
    late = not done.done()  # asked before the end, which makes `work` fail in its own words
    guard.end()
    if late:
        raise OutOfTime(f"no answer in {seconds:.0f} s")
    if guard.refused and done.exception() is not None:
        raise Inside(guard.refused)
    return done.result()


class Connections:
    """Connections that outlive the call that opened them, for the next one of the same thread: see `keep`."""

    def __init__(self) -> None:
        self._open: list[socket.socket] = []

    def __del__(self) -> None:
        self.end()

    def take(self) -> list[socket.socket]:
        taken, self._open = self._open, []
        return taken

    def put(self, opened: list[socket.socket]) -> None:
        """What the other side has ended meanwhile is let go."""
        for each in opened:
            if _is_alive(each):
                self._open.append(each)
            else:
                each.close()

    def end(self) -> None:
        for each in self.take():
            _end(each)


def keep(connections: Connections) -> None:
    """The work that runs in this thread goes on with these, and leaves there what it opens, unless it fails.
    Its time begins now. Without a watch over it nothing happens.
    """
    watch: _Watch | None = getattr(_here, "watch", None)
    if watch is not None:
        watch.keep(connections)


def in_time(work: Callable[[], Answer], *, seconds: float) -> Answer:
    """What `work` returns; `seconds` after its first connection began, all of its connections end: also where
    its library has a limit for each step alone. Raises OutOfTime where it ends later, whatever it makes of an
    answer that is cut off, and else what `work` raises.
    """
    before: _Watch | None = getattr(_here, "watch", None)
    watch = _here.watch = _Watch(before, seconds=seconds)
    late = OutOfTime(f"no answer in {seconds:.0f} s")
    try:
        answer = work()
    except Exception as fault:
        if watch.is_over:
            raise late from fault
        raise
    else:
        if not watch.leave():
            raise late
        return answer
    finally:
        _here.watch = before
        watch.end()


def _run(work: Callable[[], Answer], watch: "_Guard", done: "Future[Answer]") -> None:
    _here.watch = watch
    try:
        done.set_result(work())
    except BaseException as fault:  # noqa: BLE001 - it is raised again where it is waited for
        done.set_exception(fault)


class _Watch:
    """What one call has open. One within another is looked at by both."""

    def __init__(self, outer: "_Watch | None" = None, *, seconds: float | None = None) -> None:
        self._outer = outer
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._kept: Connections | None = None
        self.is_over = False

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises OSError for what may not be opened, or not any more."""
        if self._outer is not None:
            self._outer.look(event, arguments)
        if event in CONNECTIONS and arguments[1] is not None:  # None: of a socket that is connected already
            self._connect(arguments[0], arguments[1])

    def _connect(self, opened: socket.socket, _address: Any) -> None:
        with self._lock:
            if self.is_over:
                raise OutOfTime
            if not self._open:  # a library that is loaded before has its own time
                self._begin()
            self._open.append(opened.dup())  # TLS will take the socket itself away from us

    def keep(self, connections: Connections) -> None:
        with self._lock:
            self._kept, known = connections, connections.take()
            if known and not self._open:
                self._begin()
            self._open += known

    def _begin(self) -> None:
        if self._seconds is not None:
            with suppress(RuntimeError):  # a machine without a thread left: only the library's limits hold
                _ALARM.set(self, self._seconds)

    def leave(self) -> bool:
        """The work is done: what it opened is its library's again. False where its time was over before."""
        with self._lock:
            opened, self._open = self._open, []
            if self.is_over:
                return False
            if self._kept is not None:
                self._kept.put(opened)
            else:
                for each in opened:
                    each.close()
            return True

    def end(self) -> None:
        """From another thread: whatever is being waited for ends."""
        with self._lock:
            self.is_over = True
            while self._open:
                _end(self._open.pop())


class _Alarm:
    """One thread ends each watch whose time is over: a thread for each would cost more than what is sent."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._set: list[tuple[float, int, _Watch]] = []
        self._numbers = count()

    def set(self, watch: _Watch, seconds: float) -> None:
        """Raises RuntimeError where no thread can be started."""
        with self._changed:
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(target=self._run, name="outbound-alarm", daemon=True)
                thread.start()
                self._thread = thread
            mine = (monotonic() + seconds, next(self._numbers), watch)
            heapq.heappush(self._set, mine)
            if self._set[0] is mine:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            for watch in self._due():
                watch.end()

    def _due(self) -> list[_Watch]:
        """Waits until there are some. They are ended without the lock, which they take under their own."""
        with self._changed:
            while True:
                now, due = monotonic(), []
                while self._set and (self._set[0][0] <= now or self._set[0][2].is_over):
                    due.append(heapq.heappop(self._set)[2])
                if due:
                    return due
                self._changed.wait(self._set[0][0] - now if self._set else None)


_ALARM = _Alarm()


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _is_alive(connection: socket.socket) -> bool:
    """Whether the other side has not ended it, as far as is known here; what it has sent stays unread."""
    looking = select.poll()  # a socket with a time limit would wait for it in `recv`
    looking.register(connection, select.POLLIN)
    try:
        return not looking.poll(0) or connection.recv(1, socket.MSG_PEEK) != b""
    except OSError:
        return False


class _Guard(_Watch):
    """What one call may open."""

    def __init__(self, private_hosts: Collection[str]) -> None:
        super().__init__()
        self._allowed = private_hosts
        self._name = ""
        self.refused = ""

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in LOOKUPS:
            self._name = _text(arguments[0]).casefold().rstrip(".")
        elif event in PROGRAMS:
            raise PermissionError("no program is started from here")
        elif event == "open" and not _is_own(arguments):
            raise PermissionError("no file is opened from here")
        super().look(event, arguments)

    def _connect(self, opened: socket.socket, address: Any) -> None:
        host = str(address[0]) if isinstance(address, tuple) else ""
        if self._name not in self._allowed and not _public(host):
            self.refused = self._name or host
            raise Inside(self.refused)
        super()._connect(opened, address)


def _public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False


def _is_own(arguments: tuple[Any, ...]) -> bool:
    """A file of Python or of a library, to read."""
    path, mode, flags = arguments
    if isinstance(path, int):  # a descriptor that is open already
        return True
    if set(mode or "") & set("wax+") or (flags or 0) & WRITING:
        return False
    return os.path.abspath(_text(path)).startswith(OWN_FILES)  # noqa: PTH100


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, bytes | os.PathLike) else str(value)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event in WATCHED:
        watch = getattr(_here, "watch", None)
        if watch is not None:
            watch.look(event, arguments)


_here = threading.local()
sys.addaudithook(_look)
