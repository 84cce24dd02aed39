"""An address as others may see it."""

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


def _host(address: str) -> str:
    if not address.casefold().startswith(WEB):
        return ""
    try:
        return f"{urlsplit(address).hostname or ''}/"
    except ValueError:
        return ""
