"""Twilio's part in a call that comes in: it asks us what to do, does it, and tells us what happened.

    call = IncomingCall(client, to="+15005550006", caller="+14155550123").begin()
    assert call.heard == "Connecting you to the on-call of checkout."
    someone = call.pick_up()       # whoever or whatever answers the phone that rings
    someone.press("1")

Each post is signed as Twilio signs, over PUBLIC_URL; an answer that is no TwiML fails the test.
"""

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"


@dataclass
class Callee:
    """Who answered: has `heard` the whisper, may press a key, and is `joined` to the caller or not."""

    call: "IncomingCall"
    document: ET.Element
    joined: bool = False

    @property
    def heard(self) -> str:
        return " ".join(say.text or "" for say in self.document.iter("Say"))

    def press(self, digits: str) -> Self:
        gather = self.document.find("Gather")
        assert gather is not None
        answer = self.call.post(gather.attrib["action"], CallSid=f"{self.call.sid}-leg", Digits=digits)
        self.joined = list(answer) == []
        assert self.joined or answer.find("Hangup") is not None
        self.document = self.document if self.joined else answer
        return self


@dataclass
class IncomingCall:
    client: Client
    to: str
    caller: str
    sid: str = "CA" + "1" * 32
    document: ET.Element = field(default_factory=lambda: ET.Element("Response"))
    status: str = "in-progress"

    def begin(self) -> Self:
        self.document = self.post(f"{settings.PUBLIC_URL}/twilio/call-in", CallStatus="ringing")
        return self

    @property
    def heard(self) -> str:
        return " ".join(say.text or "" for say in self.document.findall("Say"))

    @property
    def dial(self) -> ET.Element | None:
        return self.document.find("Dial")

    @property
    def rings(self) -> str | None:
        """The number that rings now."""
        return None if self.dial is None else self.dial.findtext("Number")

    @property
    def recording(self) -> bool:
        return self.document.find("Record") is not None

    @property
    def over(self) -> bool:
        return self.document.find("Hangup") is not None

    def pick_up(self) -> Callee:
        assert self.dial is not None
        number = self.dial.find("Number")
        assert number is not None
        return Callee(self, self.post(number.attrib["url"], CallSid=f"{self.sid}-leg"))

    def stop_ringing(self, outcome: str = "no-answer") -> Self:
        """`outcome`: busy, failed, no-answer; completed where somebody or something had answered."""
        self.document = self.post(self.after, DialCallStatus=outcome)
        return self

    @property
    def after(self) -> str:
        assert self.dial is not None
        return self.dial.attrib["action"]

    def say(self, recording: str, seconds: int = 23) -> Self:
        """Leave a message after the tone."""
        record = self.document.find("Record")
        assert record is not None
        self.document = self.post(
            record.attrib["action"], RecordingUrl=recording, RecordingDuration=str(seconds), Digits="hangup"
        )
        return self

    def say_nothing(self) -> Self:
        redirect = self.document.find("Redirect")
        assert redirect is not None
        assert redirect.text
        self.document = self.post(redirect.text)
        return self

    def hang_up(self) -> Self:
        """Whatever rings is told that it is over, and so is the number's status callback."""
        self.status = "completed"
        if self.dial is not None:
            self.stop_ringing("canceled")
        self.ended()
        return self

    def ended(self) -> None:
        assert self.send("/twilio/call-in/ended", CallStatus="completed").status_code == 204

    def post(self, address: str, **form: str) -> ET.Element:
        assert address.startswith(settings.PUBLIC_URL), "Twilio needs whole addresses"
        answer = self.send(address.removeprefix(settings.PUBLIC_URL), **form)
        assert answer.status_code == 200, answer.content
        assert answer.headers["Content-Type"].startswith("text/xml")
        document = ET.fromstring(answer.content)  # noqa: S314 - ours
        assert document.tag == "Response"
        return document

    def send(self, path: str, *, signature: str | None = None, **form: str) -> Any:
        whole = {
            "CallSid": self.sid,
            "From": self.caller,
            "To": self.to,
            "CallStatus": self.status,
            "Direction": "inbound",
        } | form
        validator = RequestValidator(settings.TWILIO["auth_token"])
        signed = signature or validator.compute_signature(f"{settings.PUBLIC_URL}{path}", whole)
        return self.client.post(path, urlencode(whole), FORM, headers={"X-Twilio-Signature": signed})
