"""What Twilio is to do with a call that came in (TwiML, https://www.twilio.com/docs/voice/twiml)."""

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

RING = 20  # seconds; a voicemail usually answers later
TO_PRESS = 8  # seconds after the words
LONGEST_MESSAGE = 180  # seconds
SILENCE = 6  # seconds that end a message


def connect(*, said: str, number: str, caller_id: str, whisper: str, after: str) -> str:
    """Say `said`, then ring `number`. Who answers hears `whisper` first, while the caller hears it ring.

    `after` is asked what to do next when that is over. The phone shows `caller_id`, and the caller never
    learns `number`.
    """
    dial = Dial(action=after, method="POST", timeout=RING, caller_id=caller_id, answer_on_bridge=True)
    dial.number(number, url=whisper, method="POST")
    response = VoiceResponse()
    if said:
        response.say(said)
    response.append(dial)
    return str(response)


def offer(*, said: str, answer: str) -> str:
    """Ask whoever answered for a digit. Without one the call is over: a voicemail presses nothing."""
    gather = Gather(
        num_digits=1, timeout=TO_PRESS, action=answer, method="POST", action_on_empty_result=False
    )
    gather.say(said, loop=2)
    response = VoiceResponse()
    response.append(gather)
    response.hangup()
    return str(response)


def join() -> str:
    """Nothing more to say to whoever answered: the two are connected."""
    return str(VoiceResponse())


def take_message(*, said: str, to: str) -> str:
    """Record what the caller says. `to` hears of it, also where nothing was said."""
    response = VoiceResponse()
    response.say(said)
    response.record(
        action=to,
        method="POST",
        max_length=LONGEST_MESSAGE,
        timeout=SILENCE,
        play_beep=True,
        finish_on_key="#",
    )
    response.redirect(to, method="POST")
    return str(response)
