"""A contact card as every phone reads it: vCard 3.0 (RFC 2426), which iOS and Android both take in."""

from collections.abc import Iterator, Sequence

LINE = 75  # octets, without the line break (RFC 2426, 2.6)


def vcard(*, name: str, numbers: Sequence[str], mails: Sequence[str], address: str, note: str) -> bytes:
    """The card of an organisation: its E.164 numbers, which both call and write, and its mail addresses."""
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{escaped(name)};;;;",
        f"FN:{escaped(name)}",
        f"ORG:{escaped(name)}",
        *(f"TEL;TYPE=WORK,VOICE,MSG:{escaped(number)}" for number in numbers),
        *(f"EMAIL;TYPE=INTERNET:{escaped(mail)}" for mail in mails),
        f"URL:{address}",
        f"NOTE:{escaped(note)}",
        "END:VCARD",
    ]
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def escaped(text: str) -> str:
    """A text value (RFC 2426, 4): what would end it or start another is written so that it does not."""
    for char in "\\,;":
        text = text.replace(char, f"\\{char}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> Iterator[bytes]:
    """Lines of at most LINE octets; the next begins with a space. No character is cut in two."""
    part = b""
    for char in line:
        one = char.encode("utf-8", "replace")
        if len(part) + len(one) > LINE:
            yield part
            part = b" "
        part += one
    yield part
