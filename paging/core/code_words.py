"""What the message with a code says. The digits are the point, so they stand first, or are spoken twice."""

from dataclasses import dataclass
from html import escape

from paging.core.code import VALID

MINUTES = int(VALID.total_seconds() // 60)
HIDDEN = "••••••"
SUBJECT = "Your code for Watchbill"


@dataclass(frozen=True)
class CodeMessage:
    """`secrets` are the parts of the text that are kept in no row."""

    text: str
    subject: str = ""
    html: str = ""
    secrets: tuple[str, ...] = ()


def short(code: str) -> CodeMessage:
    """For an SMS or a chat: one segment."""
    text = (
        f"{code} is your code for Watchbill, so that it may page you here. "
        f"It is valid for {MINUTES} minutes. Tell it to nobody."
    )
    return CodeMessage(text=text, subject=SUBJECT, secrets=(code,))


def spoken(code: str) -> CodeMessage:
    """Digit by digit, with a pause after each."""
    digits = ". ".join(code)
    text = f"This is Watchbill with the code for this telephone. Your code is: {digits}. Again: {digits}."
    return CodeMessage(text=text, secrets=(digits,))


def mail(code: str, *, link: str, name: str) -> CodeMessage:
    """With the link that verifies at one tap. The subject has no code: subjects are kept."""
    why = f"{name} wants to be paged by Watchbill at this address."
    until = f"Code and link are valid for {MINUTES} minutes. If you are not {name}, do nothing."
    return CodeMessage(
        text=f"{why}\n\nYour code is {code}\n\nor open this and confirm:\n{link}\n\n{until}\n",
        subject=SUBJECT,
        html=(
            f"<!doctype html><p>{escape(why)}</p><h2>{code}</h2>"
            f'<p><a href="{escape(link)}">Verify this address</a></p><p>{escape(until)}</p>'
        ),
        secrets=(code, link),
    )


def without(text: str, secrets: tuple[str, ...]) -> str:
    """`text` as it may be kept."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
