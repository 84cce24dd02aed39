"""A call by Twilio. What it says is asked for when somebody picks up, so that it is the state of that moment.

Whoever or whatever answers acknowledges nothing by it: only keys do (escalation.replies). Where nothing can
be answered, or Twilio cannot reach us, the call carries its text and speaks it twice.
"""

from typing import Any

from twilio.twiml.voice_response import VoiceResponse

from paging.channels import twilio_account
from paging.channels.base import Accepted
from paging.channels.callbacks import with_callbacks_if_possible
from paging.core.message import Message

RING = 30  # seconds, before a voicemail usually answers for good


class VoiceChannel:
    provider = twilio_account.PROVIDER
    title = twilio_account.TITLE

    def send(self, message: Message) -> Accepted:
        def hand_over(callbacks: bool) -> Accepted:  # noqa: FBT001 - one of two ways
            says = (
                {"url": twilio_account.voice_address(message)}
                if callbacks and message.answerable
                else {"twiml": _speech(message)}
            )
            with twilio_account.account() as account:
                call = account.calls.create(
                    to=message.to,
                    timeout=RING,
                    **says,
                    **twilio_account.sender(voice=True),
                    **(_callbacks(message) if callbacks else {}),
                )
                return Accepted(self.provider, str(call.sid or ""))

        return with_callbacks_if_possible(hand_over)


def _callbacks(message: Message) -> dict[str, Any]:
    """Whether it was a voicemail is found out while the call goes on: a person is not kept waiting for it."""
    address = twilio_account.status_callback(message)
    return {
        "status_callback": address,
        "status_callback_event": ["initiated", "answered", "completed"],
        "machine_detection": "Enable",
        "async_amd": "true",
        "async_amd_status_callback": address,
    }


def _speech(message: Message) -> str:
    speech = VoiceResponse()
    speech.pause(length=1)
    speech.say(message.text, loop=2)
    return str(speech)
