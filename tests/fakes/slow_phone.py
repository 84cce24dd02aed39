"""The fake phone company in a process of its own, as slow as a real one, that only counts.

with a_slow_phone() as phone:
    environment |= phone.environment
    ...
    phone.received()  # {number: when each of its messages was accepted}
"""

import contextlib
import json
import subprocess
import sys
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from time import time
from typing import Any

from tests.fakes.phone import NUMBER, SID, TOKEN, FakePhone

ANSWERS_IN = 0.05
RECEIVED = "Received.json"
ROOT = Path(__file__).resolve().parents[2]


class SlowPhone(FakePhone):
    """Accepts a message 50 ms after it was asked, whether or not the caller still listens."""

    def __init__(self) -> None:
        super().__init__()
        self._received: defaultdict[str, list[float]] = defaultdict(list)
        self._never = threading.Event()

    def take(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path.endswith(RECEIVED):
            return 200, {number: list(times) for number, times in self._received.copy().items()}
        self._never.wait(ANSWERS_IN)
        status, answer = super().take(path, form)
        if status == HTTPStatus.CREATED:  # a caller that is killed in mid-request has asked for nothing
            self._received[form["To"]].append(time())
        return status, answer


class SlowPhoneProcess:
    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM_NUMBER": NUMBER,
            "TWILIO_API_BASE_URL": self._url,
            "NO_PROXY": "127.0.0.1",
        }

    def received(self) -> dict[str, list[float]]:
        return received(self._url)


def received(url: str) -> dict[str, list[float]]:
    """When each number's messages were accepted, in seconds since the epoch."""
    address = f"{url}/2010-04-01/Accounts/{SID}/{RECEIVED}"
    request = urllib.request.Request(address, b"", {"Authorization": "Basic "})  # noqa: S310 - loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return dict(json.load(answer))


@contextlib.contextmanager
def a_slow_phone() -> Iterator[SlowPhoneProcess]:
    """It ends with the block, or with this process."""
    command = [sys.executable, "-m", "tests.fakes.slow_phone"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield SlowPhoneProcess(process.stdout.readline().strip())
        process.stdin.close()


def main() -> None:
    with contextlib.suppress(AssertionError), SlowPhone() as phone:  # nobody expects what arrives here
        print(phone.url, flush=True)  # noqa: T201 - its address, to whoever started it
        sys.stdin.read()


if __name__ == "__main__":
    main()
