"""The world outside, in processes of its own: a mail server and a phone company that keep a book of all.

    python -m tests.chaos.outside mail|phone FILE

Each prints its address, then does as it is told on standard input, a word a line: `well` takes everything,
`fail` refuses for now, `hang` never answers, and has taken every second message all the same. What was taken
is appended to FILE, a JSON object a line (`Taken`).
"""
# ruff: noqa: T201 - its address, to whoever started it

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.policy import default
from functools import cached_property
from itertools import count
from pathlib import Path
from time import time

import requests
from twilio.request_validator import RequestValidator

from tests.fakes.carrier import SID, Carrier, error
from tests.fakes.mailbox import AnyPort
from tests.fakes.phone import NUMBER, TOKEN
from tests.processes.tree import ROOT

TITLE = re.compile(r"chaos-\d+")
LINK = re.compile(r"http://[^/\s]+(/p/\S+)")
TAKES = 0.1  # seconds from having a message to saying so, in which a sender may die
TOO_LONG = 20.0  # seconds; whoever asks gives up before


@dataclass(frozen=True)
class Taken:
    """One message as it arrived. `link` is the path that answers it, empty in a notice. `answered`: whether
    the sender heard that it was taken. A receipt has no titles: the phone has what went by `id`.
    """

    at: float
    via: str
    to: str
    titles: tuple[str, ...]
    link: str
    id: str
    answered: bool = True

    @property
    def pages(self):
        return bool(self.titles and self.link)


class Book:
    def __init__(self, path):
        self._file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open to the end
        self._lock = threading.Lock()

    def write(self, taken):
        with self._lock:
            self._file.write(json.dumps(asdict(taken)) + "\n")


class Mood:
    """What the one who started us last said. Every second message is taken while it hangs."""

    def __init__(self):
        self.word = "well"
        self._turns = count()

    def takes_silently(self):
        return next(self._turns) % 2 == 0


class MailServer:
    def __init__(self, book, mood):
        self._book, self._mood = book, mood
        self._controller = AnyPort(self, hostname="127.0.0.1", port=0)

    def start(self):
        self._controller.start()
        return f"smtp://127.0.0.1:{self._controller.port}"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - its name in aiosmtpd
        mood = self._mood.word
        if mood == "fail":
            return "451 4.3.0 try later"
        hangs = mood == "hang"
        if not hangs or self._mood.takes_silently():
            self._book.write(self._read(envelope, answered=not hangs))
        if hangs:
            await asyncio.sleep(TOO_LONG)
            return "421 4.3.0 too busy"
        await asyncio.sleep(TAKES)
        return "250 OK"

    def _read(self, envelope, *, answered):
        mail = message_from_bytes(envelope.content, policy=default)
        text = mail.get_body(preferencelist=("plain",)).get_content()
        link = LINK.search(text)
        return Taken(
            at=time(),
            via="mail",
            to=envelope.rcpt_tos[0],
            titles=tuple(dict.fromkeys(TITLE.findall(text))),
            link=link[1] if link else "",
            id=str(mail["Message-ID"]),
            answered=answered,
        )


class PhoneCompany(Carrier):
    """Says of each message that it was delivered, signed, to the address that came with it."""

    def __init__(self, book, mood):
        super().__init__(self._keep)
        self._book, self._mood = book, mood
        self._answers = threading.local()
        self._never = threading.Event()
        self._validator = RequestValidator(TOKEN)

    def start(self):
        super().start()
        return self.url

    def take(self, path, form):
        mood = self._mood.word
        if mood == "fail":
            return 503, error(503, 20503, "try later")
        self._answers.heard = mood != "hang"
        if mood != "hang":
            answer = super().take(path, form)
            self._never.wait(TAKES)
            return answer
        if self._mood.takes_silently():
            super().take(path, form)
        self._never.wait(TOO_LONG)
        return 503, error(503, 20503, "too busy")

    def _keep(self, _kind, sid, form):
        link = LINK.search(form["Body"])
        titles = tuple(TITLE.findall(form["Body"]))
        heard = self._answers.heard
        self._book.write(Taken(time(), "sms", form["To"], titles, link[1] if link else "", sid, heard))
        if form.get("StatusCallback"):
            threading.Thread(target=self._delivered, args=(sid, form), daemon=True).start()

    def _delivered(self, sid, form):
        self._never.wait(0.2)
        address = form["StatusCallback"]
        said = {"MessageSid": sid, "MessageStatus": "delivered", "AccountSid": SID, "To": form["To"]}
        signature = self._validator.compute_signature(address, said)
        with contextlib.suppress(requests.RequestException), requests.Session() as session:
            session.trust_env = False
            answer = session.post(address, said, headers={"X-Twilio-Signature": signature}, timeout=15)
            if answer.ok:
                self._book.write(Taken(time(), "receipt", form["To"], (), "", sid))


class Outside:
    """One of the two, as whoever started it sees it. It ends with the block, or with this process."""

    def __init__(self, kind, folder):
        self._kind = kind
        self._path = Path(folder) / f"{kind}.jsonl"
        self._process = None
        self._read_to = 0

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.outside", self._kind, str(self._path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        return self

    @cached_property
    def address(self):
        """Where it listens, as soon as it does."""
        return self._process.stdout.readline().strip()

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def be(self, word):
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def news(self):
        """What was taken since this was asked last."""
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            whole = file.read().rpartition(b"\n")[0]
        self._read_to += len(whole) + 1 if whole else 0
        return [_taken(line) for line in whole.splitlines()]

    @property
    def environment(self):
        if self._kind == "mail":
            return {"EMAIL_URL": self.address}
        return {
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM_NUMBER": NUMBER,
            "TWILIO_API_BASE_URL": self.address,
            "NO_PROXY": "127.0.0.1",
        }


def _taken(line):
    said = json.loads(line)
    return Taken(**said | {"titles": tuple(said["titles"])})


def main(kind, path):
    mood = Mood()
    server = {"mail": MailServer, "phone": PhoneCompany}[kind](Book(path), mood)
    print(server.start(), flush=True)
    for line in sys.stdin:
        mood.word = line.strip()


if __name__ == "__main__":
    main(*sys.argv[1:])
