"""A call by Twilio that speaks the message twice. Whoever or whatever answers acknowledges nothing by it."""

from twilio.twiml.voice_response import VoiceResponse

from paging.channels import carrier
from paging.channels.base import Accepted
from paging.core.message import Message

RING = 30  # seconds, before a voicemail usually answers for good


class VoiceChannel:
    provider = carrier.PROVIDER
    title = carrier.TITLE

    def send(self, message: Message) -> Accepted:
        speech = VoiceResponse()
        speech.pause(length=1)
        speech.say(message.text, loop=2)
        with carrier.account() as account:
            call = account.calls.create(
                to=message.to, twiml=str(speech), timeout=RING, **carrier.sender(voice=True)
            )
            return Accepted(self.provider, str(call.sid))
