"""A phone company on the loopback, of Twilio's shape: the phones it reaches, and what people do with them.

    with FakePhone() as phone:
        settings.TWILIO = phone.settings
        ...
        ana = phone("+14155550101")
        assert ana.expect_sms("DiskFull").reply("1a") == "Acknowledged #42 DiskFull."
        ana.expect_call().answer().press("4")

Leaving the block fails if a message arrived that nobody expected. Failures are scripted beforehand:
`phone.fail_next(status=429, code=20429)` for one request, `phone.hang_next()` for one that gets no answer
until it is released. See docs/testing.md.
"""

import threading
from typing import Self

from tests.fakes.callbacks import Callbacks
from tests.fakes.carrier import SID, Carrier, Failure, Form
from tests.fakes.handset import Call, Handset, Sms
from tests.fakes.inbox import Inbox

__all__ = ["NUMBER", "SID", "TOKEN", "Call", "FakePhone", "Handset", "Sms"]

TOKEN = "fake-token"
NUMBER = "+15005550006"


class FakePhone:
    number = NUMBER

    def __init__(self) -> None:
        self._messages: Inbox[Sms] = Inbox()
        self._calls: Inbox[Call] = Inbox()
        self._carrier = Carrier(self._arrive)
        self.callbacks = Callbacks(TOKEN)

    def __call__(self, number: str) -> Handset:
        return Handset(number, self)

    @property
    def url(self) -> str:
        return self._carrier.url

    @property
    def settings(self) -> dict[str, str]:
        """For `settings.TWILIO`."""
        return {
            "account_sid": SID,
            "auth_token": TOKEN,
            "from_number": NUMBER,
            "messaging_service_sid": "",
            "api_base_url": self.url,
        }

    @property
    def sms_address(self) -> str:
        """What an owner of the number sets as its webhook for messages."""
        return self.callbacks.address("/twilio/sms")

    @property
    def refused(self) -> list[Form]:
        return self._carrier.refused

    @property
    def connections(self) -> int:
        """How many callers of its API have opened so far."""
        return self._carrier.connections

    def hang_up(self) -> None:
        """End every connection to its API that is open, as a server does with one that rested for long."""
        self._carrier.hang_up()

    def calls_back(self, server: str, *, public: str = "") -> None:
        """Post to this server from now on, signed for `public`; by default for the server's own address."""
        self.callbacks.server, self.callbacks.public = server, public or server

    def new_sid(self) -> str:
        return f"SM{self._carrier.count():032x}"

    def expect_sms(self, *, to: str, containing: str = "", timeout: float = 5) -> Sms:
        return self._messages.take(
            lambda sms: sms.to == to and containing in sms.body,
            wanted=f"an SMS to {to} containing “{containing}”",
            timeout=timeout,
        )

    def expect_call(self, *, to: str, containing: str = "", timeout: float = 5) -> Call:
        """`containing` is looked for in what the call says when it is picked up."""
        return self._calls.take(
            lambda call: call.to == to and (not containing or containing in call.twiml),
            wanted=f"a call to {to} saying “{containing}”",
            timeout=timeout,
        )

    def fail_next(
        self, *, status: int, code: int | None = None, message: str = "scripted", times: int = 1
    ) -> None:
        self._carrier.failures.extend(Failure(status, code, message) for _ in range(times))

    def hang_next(self) -> Failure:
        """One request gets no answer until `.release.set()`; `.reached` is set when it has come."""
        failure = Failure(release=threading.Event())
        self._carrier.failures.append(failure)
        return failure

    def __enter__(self) -> Self:
        self._carrier.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._carrier.stop()
        left = [*self._messages.left(), *self._calls.left()]
        assert kind or not left, f"Nobody expected {left}"

    def _arrive(self, kind: str, sid: str, form: Form) -> None:
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        if kind == "SM":
            self._messages.put(Sms(sid, form["To"], sender, form["Body"], form, self))
        else:
            self._calls.put(Call(sid, form["To"], sender, form, self))
