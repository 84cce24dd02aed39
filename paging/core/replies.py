"""What somebody wrote back. Words alone; whom and what they are about is looked up elsewhere.

The grammar is GoAlert's, whose messages people know: `1a`, `a 1`, `ack #1`, `ack`, `ack all`, `100aa`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NUMBER = 9  # digits: incidents have longer numbers than codes, and nobody types more


class Act(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ESCALATE = "escalate"


class Carrier(StrEnum):
    """Words that belong to the carrier, which acts on them and answers them itself.

    https://help.twilio.com/articles/223134027: they never reach an action of ours.
    """

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True)
class Reply:
    """Do `act` to what `number` names; without a number to what was shown last.

    `all`: to everything of the service that `number` names; without a number to all there is. `label`: what
    somebody who resolves it says of it: “1r noise”.
    """

    act: Act
    number: int | None = None
    all: bool = False
    label: str = ""


@dataclass(frozen=True)
class Key:
    """A digit that was pressed: an act, or to hear it again (None)."""

    act: Act | None


WORDS = {
    **dict.fromkeys(("a", "ack", "acknowledge", "acknowledged"), Act.ACKNOWLEDGE),
    **dict.fromkeys(("r", "res", "resolve", "resolved", "c", "close", "closed"), Act.RESOLVE),
    **dict.fromkeys(("e", "esc", "escalate", "escalated"), Act.ESCALATE),
}
LABELS = {
    **dict.fromkeys(("acted", "action", "real"), "acted"),
    **dict.fromkeys(("noise", "noisy", "spam"), "noise"),
    **dict.fromkeys(("duplicate", "dup", "dupe"), "duplicate"),
    **dict.fromkeys(("unclear", "unsure"), "unclear"),
}
"""What may follow a word that resolves; the words on the right are those of the floor above."""
CARRIER = {
    **dict.fromkeys(
        (
            "stop",
            "stopall",
            "stop all",
            "unsubscribe",
            "cancel",
            "end",
            "quit",
            "revoke",
            "optout",
            "opt out",
        ),
        Carrier.STOP,
    ),
    **dict.fromkeys(("start", "yes", "unstop"), Carrier.START),
    **dict.fromkeys(("help", "info"), Carrier.HELP),
}
OPENS = re.compile(r"(?:new|incident)\b[\s:]*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
KEYS = {"4": Key(Act.ACKNOWLEDGE), "6": Key(Act.RESOLVE), "5": Key(Act.ESCALATE), "*": Key(None)}

AROUND = " \t\r\n'\"`´‘’‚“”„«».,:;!?()[]"  # noqa: RUF001 - what phones make of a quote
_NUMBER = rf"\#?\s*(?P<number>[0-9]{{1,{LONGEST_NUMBER}}})"
_WORD = rf"(?P<word>{'|'.join(sorted(WORDS, key=len, reverse=True))})"
_LABEL = rf"(?:\s+(?P<label>{'|'.join(LABELS)}))?"
_FORMS = tuple(
    re.compile(form, re.VERBOSE | re.ASCII)
    for form in (
        rf"{_NUMBER}\s*(?P<every>aa)",
        r"(?P<every>aa)\s*" + _NUMBER,
        r"(?P<every>aa)",
        rf"{_WORD}\s+(?P<every>all)",
        rf"{_NUMBER}\s*{_WORD}{_LABEL}",
        rf"{_WORD}\s*{_NUMBER}{_LABEL}",
        rf"{_WORD}{_LABEL}",
    )
)


def parse(body: str) -> Reply | Carrier | None:
    """None where it is none of both: most likely a sentence, which is never taken for a command."""
    said = " ".join(body.casefold().split()).strip(AROUND)
    if said in CARRIER:
        return CARRIER[said]
    for form in _FORMS:
        if match := form.fullmatch(said):
            return _reply(match.groupdict())
    return None


def opens(body: str) -> str | None:
    """Of “new checkout: disk full” what follows the word, which names a service and says what is wrong; None
    where it is not meant to open an incident.
    """
    match = OPENS.fullmatch(body.strip(AROUND))
    return None if match is None else " ".join(match["rest"].split())


def _reply(found: dict[str, str | None]) -> Reply | None:
    number = found.get("number")
    act = WORDS[found.get("word") or "a"]
    every = found.get("every") is not None
    if every and act is not Act.ACKNOWLEDGE:  # to resolve or to escalate everything at once is no reply
        return None
    label = LABELS.get(found.get("label") or "", "")
    if label and act is not Act.RESOLVE:  # what is not over has no label yet
        return None
    return Reply(act, None if number is None else int(number), every, label)


def in_words(understood: Reply | Carrier | None) -> str:
    """“acknowledge 1”, “acknowledge all”; empty where nothing was understood."""
    if not isinstance(understood, Reply):
        return "" if understood is None else understood.value
    act, number = understood.act.value, understood.number
    if not understood.all:
        parts = (act, "" if number is None else str(number), understood.label)
        return " ".join(part for part in parts if part)
    return f"{act} all" if number is None else f"{act} all of {number}'s service"


def hint(number: int) -> str:
    """What a message says about how to answer it."""
    return f"Reply {number}a ack, {number}r resolve, {number}e escalate"


def hint_of_all(number: int) -> str:
    """What a message that names many says; `number` is that of one of them."""
    return f"Reply {number}aa ack all"
