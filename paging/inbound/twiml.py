"""What we answer Twilio: TwiML. https://www.twilio.com/docs/voice/twiml/gather, .../messaging/twiml"""

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import VoiceResponse

WAIT = 10  # seconds for a key
TIMES = 2


def message(text: str) -> str:
    """An SMS back to whoever wrote; none where there is no text."""
    answer = MessagingResponse()
    if text:
        answer.message(text)
    return str(answer)


def menu(text: str, *, action: str) -> str:
    """Say it and wait for one key, which goes to `action`; once more without one, and then hang up."""
    answer = VoiceResponse()
    answer.pause(length=1)
    for _ in range(TIMES):
        # every key is one, # too: it would otherwise end the input without a digit
        gather = answer.gather(input="dtmf", num_digits=1, finish_on_key="", timeout=WAIT, action=action)
        gather.say(text)
    answer.say("No key was pressed. Goodbye.")
    answer.hangup()
    return str(answer)


def goodbye(text: str = "") -> str:
    """Say it, where there is anything to say, and hang up."""
    answer = VoiceResponse()
    if text:
        answer.say(text)
    answer.hangup()
    return str(answer)
