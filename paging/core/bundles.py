"""When waiting pages are said by one message."""

FROM = {"sms": 2, "voice": 2, "email": 25, "chat": 25}
"""How many pages of one service, waiting for one person by this kind of method, become one message. Each SMS
and call rings, and the second would wait for a limit; mail is bundled only where a mailbox would be flooded.
Any other kind is read by a machine, and never bundled."""


def needed(kind: str) -> int | None:
    """How many must wait beside the one that leaves; None where nothing is ever bundled."""
    return FROM[kind] - 1 if kind in FROM else None
