"""Which waiting pages are said by one message."""

from collections.abc import Sequence

FROM = {"sms": 2, "voice": 2, "email": 25, "chat": 25}
"""How many pages of one service, waiting for one person by this kind of method, become one message. Each SMS
and call rings, and the second would wait for a limit; mail is bundled only where a mailbox would be flooded.
Any other kind is read by a machine, and never bundled."""


def said_with(cause: str, waiting: Sequence[str], *, kind: str) -> list[int]:
    """The positions in `waiting` (causes, all of one service) that a message about `cause` speaks for, too.

    Where there are not enough for a bundle, a phone still hears once of one cause.
    """
    enough = FROM.get(kind)
    if enough is None:
        return []
    if len({cause, *waiting}) >= enough:
        return list(range(len(waiting)))
    return [index for index, other in enumerate(waiting) if other == cause and enough == FROM["sms"]]
