"""An address as others may see it."""

import re
from urllib.parse import urlsplit

WEB = ("https://", "http://")


def masked(address: str) -> str:
    """Enough to recognise one's own number or mailbox, too little to write to it.

    Of a webhook the host, of a chat service its name: the rest is a key to it.
    """
    schema, is_address, _ = address.partition("://")
    if is_address:
        return f"{schema}://{_host(address)}…"
    name, at, host = address.rpartition("@")
    if at:
        return f"{name[:1]}…@{host}"
    return f"{address[:5]}…{address[-4:]}" if len(address) > 10 else f"{address[:2]}…"


def without(text: str, address: str) -> str:
    """`text`, as a provider wrote it, with the address as others may see it, however it spelled it."""
    written = re.escape(address)
    if re.fullmatch(r"\+\d+", address):  # “+1 (415) 555-0101”, “14155550101”
        written = r"\+?" + r"[\s().\-]*".join(address[1:])
    return re.sub(written, lambda _: masked(address), text, flags=re.IGNORECASE) if address else text


def _host(address: str) -> str:
    if not address.casefold().startswith(WEB):
        return ""
    try:
        return f"{urlsplit(address).hostname or ''}/"
    except ValueError:
        return ""


# Where replies never arrive: https://help.twilio.com/articles/223183068. China also takes no web addresses.
ONE_WAY = ("+91", "+86", "+502", "+506", "+507", "+84")
NO_LINKS = ("+86",)


def takes_replies(number: str) -> bool:
    """Whether an SMS to this E.164 number can be answered."""
    return not number.startswith(ONE_WAY)


def takes_links(number: str) -> bool:
    """Whether an SMS to this E.164 number may carry a web address."""
    return not number.startswith(NO_LINKS)


OPEN = frozenset({"sms", "voice", "email"})  # kinds whose address is no key to anything


def shown(kind: str, address: str) -> str:
    """As its own person sees it: whole, unless the address itself is a secret, as that of a chat is."""
    return address if kind in OPEN else masked(address)
