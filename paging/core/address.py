"""An address as others may see it."""


def masked(address: str) -> str:
    """Enough to recognise one's own number or mailbox, too little to write to it."""
    name, at, host = address.rpartition("@")
    if at:
        return f"{name[:1]}…@{host}"
    return f"{address[:5]}…{address[-4:]}" if len(address) > 10 else f"{address[:2]}…"
