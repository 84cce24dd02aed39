"""Phones, and what people do with what arrives at them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from xml.etree import ElementTree as ET

from tests.fakes.carrier import SID, Form

if TYPE_CHECKING:
    from tests.fakes.phone import FakePhone


def _plain(xml: str, name: str) -> str:
    """The texts of all elements of that name, one after the other."""
    return " ".join(element.text or "" for element in ET.fromstring(xml).iter(name))  # noqa: S314 - our own answer


@dataclass(frozen=True)
class Sms:
    """An SMS that arrived. `reply` writes back; the rest is what the carrier says of it, when and as often as
    a test likes: late, twice, in any order.
    """

    sid: str
    to: str
    sender: str
    body: str
    form: Form = field(repr=False)
    company: "FakePhone" = field(repr=False, compare=False)

    def reply(self, text: str, **options: object) -> str:
        """What is answered, empty where nothing is. Options as in `Handset.text`."""
        return Handset(self.to, self.company).text(text, **options)

    def delivered(self) -> Self:
        return self.status("delivered")

    def undelivered(self, code: int = 30003) -> Self:
        return self.status("undelivered", code=code)

    def status(self, status: str, *, code: int | None = None) -> Self:
        """One callback, such as queued, sent, delivered, undelivered or failed."""
        form = {
            "MessageSid": self.sid,
            "SmsSid": self.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": self.to,
            "From": self.sender,
            "AccountSid": SID,
            "ApiVersion": "2010-04-01",
        }
        more = {} if code is None else {"ErrorCode": str(code)}
        self.company.callbacks.post(self.form["StatusCallback"], form | more)
        return self


@dataclass
class Call:
    """A phone that rings. `answer()` picks it up, then `press("4")`; or nobody does: `busy()`, `no_answer()`,
    `voicemail()`.
    """

    sid: str
    to: str
    sender: str
    form: Form = field(repr=False)
    company: "FakePhone" = field(repr=False, compare=False)
    _heard: str = field(default="", repr=False)

    @property
    def twiml(self) -> str:
        """What the call plays right now; asked for when it is picked up, where it did not come with it."""
        if not self._heard:
            url = self.form.get("Url")
            self._heard = self._post(url, CallStatus="in-progress") if url else self.form["Twiml"]
        return self._heard

    @property
    def spoken(self) -> str:
        return _plain(self.twiml, "Say")

    @property
    def wants_key(self) -> bool:
        return self._gather() is not None

    def answer(self) -> Self:
        self.status("in-progress")
        self._heard = ""
        _ = self.twiml
        return self

    def press(self, digit: str) -> Self:
        """One key. AssertionError where the call does not wait for one."""
        gather = self._gather()
        assert gather is not None, f"The call waits for no key: {self.spoken}"
        self._heard = self._post(gather.attrib["action"], CallStatus="in-progress", Digits=digit)
        return self

    def hang_up(self) -> Self:
        return self.status("completed")

    def voicemail(self) -> Self:
        """A machine answers, listens to the end, and presses nothing."""
        self.answer()
        if address := self.form.get("AsyncAmdStatusCallback"):
            self._post(address, AnsweredBy="machine_start", MachineDetectionDuration="2400")
        return self.status("completed", AnsweredBy="machine_start")

    def silent_voicemail(self) -> Self:
        """A machine answers, and is taken for a person."""
        return self.answer().hang_up()

    def busy(self) -> Self:
        return self.status("busy")

    def no_answer(self) -> Self:
        return self.status("no-answer")

    def fails(self) -> Self:
        return self.status("failed")

    def status(self, status: str, **more: str) -> Self:
        """One callback, as often and in whatever order a test likes."""
        if address := self.form.get("StatusCallback"):
            self._post(address, CallStatus=status, **more)
        return self

    def _gather(self) -> ET.Element | None:
        return ET.fromstring(self.twiml).find("Gather")  # noqa: S314 - our own answer

    def _post(self, address: str, **more: str) -> str:
        form = {"CallSid": self.sid, "To": self.to, "From": self.sender, "Direction": "outbound-api"}
        return self.company.callbacks.post(address, form | {"AccountSid": SID} | more).text


@dataclass(frozen=True)
class Handset:
    """One phone, by its number: what comes to it, and what is sent from it."""

    number: str
    company: "FakePhone" = field(repr=False)

    def expect_sms(self, containing: str = "", *, timeout: float = 30) -> Sms:
        return self.company.expect_sms(to=self.number, containing=containing, timeout=timeout)

    def expect_call(self, containing: str = "", *, timeout: float = 30) -> Call:
        return self.company.expect_call(to=self.number, containing=containing, timeout=timeout)

    def text(self, body: str, *, times: int = 1, opt_out_type: str = "") -> str:
        """Send an SMS to the number that pages; returns what is answered. `times`: the company posts it so
        often, as it does when it heard no answer.
        """
        sid = self.company.new_sid()
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "From": self.number,
            "To": self.company.number,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "AccountSid": SID,
            "ApiVersion": "2010-04-01",
        }
        if opt_out_type:
            form["OptOutType"] = opt_out_type
        answers = [self.company.callbacks.post(self.company.sms_address, form).text for _ in range(times)]
        assert len(set(answers)) == 1, f"One message got different answers: {answers}"
        return _plain(answers[0], "Message")
