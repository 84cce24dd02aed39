"""Runs programs side by side: one that dies is started again, and all of them end together."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from types import FrameType, TracebackType
from typing import Self

import structlog

from watchbill.processes import lifeline

ENDINGS = {signal.SIGINT, signal.SIGTERM}
GRACE = 12.0
"""A child takes up to 9 s to write down what a provider says of a message in its hands, and then it ends."""
LONGEST_PAUSE = 10.0
STEADY = 30.0
"""A program that ran this long starts again at once when it dies; one that did not waits a little."""

log = structlog.get_logger(__name__)


class Signals:
    """Turns the signals of a block into values that can be waited for. Main thread only."""

    def __enter__(self) -> Self:
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._read, selectors.EVENT_READ)
        self._fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._handlers = {one: signal.signal(one, _nothing) for one in (*ENDINGS, signal.SIGCHLD)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one, handler in self._handlers.items():
            signal.signal(one, handler)
        signal.set_wakeup_fd(self._fd)
        self._selector.close()
        self._read.close()
        self._write.close()

    def wait(self, seconds: float) -> set[int]:
        """The signals that came; empty when none did within `seconds`."""
        return set(self._read.recv(64)) if self._selector.select(seconds) else set()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Only so that Python writes the signal's number to the wakeup descriptor."""


@dataclass(kw_only=True)
class Program:
    """One child in a session of its own, so that a terminal's Ctrl-C reaches only its parent."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    _process: "subprocess.Popen[bytes] | None" = None
    _started: float = 0
    _failures: int = field(default=0)
    _again_at: float = 0

    def start(self) -> None:
        self._started = monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            self.command,
            env=dict(self.environment),
            start_new_session=True,
            preexec_fn=lifeline.end_with_parent,  # noqa: PLW1509 - no threads run in the parent
        )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def revive(self, now: float) -> None:
        """Start it again when it has died, after a pause that grows while it does not run steadily."""
        if self.running:
            return
        if self._process:
            self._failures = 0 if now - self._started > STEADY else self._failures + 1
            pause = min(LONGEST_PAUSE, 0.25 * 2**self._failures) if self._failures else 0
            self._again_at = now + pause
            log.error("process_died", process=self.name, code=self._process.returncode, again_in=pause)
            self._process = None
        if now >= self._again_at:
            self.start()

    def ask_to_stop(self) -> None:
        """Ask the child alone, which knows in which order its own children end."""
        if self._process:
            self._process.terminate()

    def kill(self) -> None:
        """The whole session: a child's own children too."""
        if self._process and self.running:
            log.error("process_killed", process=self.name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Supervisor:
    """Runs `programs` until told to end; `announce` is called once, when `is_up` first says so."""

    def __init__(
        self, programs: Sequence[Program], *, is_up: Callable[[], bool], announce: Callable[[], None]
    ) -> None:
        self._programs = programs
        self._is_up = is_up
        self._announce = announce
        self._announced = False

    def run(self) -> None:
        """Returns when SIGINT or SIGTERM has come and every program has ended."""
        with Signals() as signals:
            for program in self._programs:
                program.start()
            while not signals.wait(0.25 if self._announced else 0.05) & ENDINGS:
                for program in self._programs:
                    program.revive(monotonic())
                if not self._announced and self._is_up():
                    self._announced = True
                    self._announce()
            self._stop(signals)

    def _stop(self, signals: Signals) -> None:
        """A second Ctrl-C, or `GRACE` seconds, and what still runs is killed."""
        for program in self._programs:
            program.ask_to_stop()
        deadline = monotonic() + GRACE
        while [program for program in self._programs if program.running]:
            if signals.wait(0.1) & ENDINGS or monotonic() > deadline:
                for program in self._programs:
                    program.kill()
