"""What a message is about, in plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a message may say. The floor above fills it in; nothing here looks anything up.

    `reference` is what people call the cause (“#42”), `path` its page below PUBLIC_URL, `because` why
    this person is asked (“primary of Checkout, step 1”). `links` are (label, address). `valid_seconds` is
    how long a carrier may keep trying: about the step's timeout, since a later page helps nobody. `remarks`
    are said before the title (“3 alerts”).
    """

    reference: str
    title: str
    service: str
    severity: str
    path: str
    because: str
    detail: Mapping[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    valid_seconds: int = 600
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Facts":
        """Unknown keys, as a later version may have written, are passed over."""
        known = {name.name for name in fields(cls)}
        values = {key: value for key, value in stored.items() if key in known}
        values["links"] = tuple((label, address) for label, address in stored.get("links", ()))
        values["remarks"] = tuple(stored.get("remarks", ()))
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message as a channel gets it, ready to hand over.

    `message_id` stays the same over retries. `text` is all there is to say, for `via`: to read or, for voice,
    to be spoken. `user` is a username. `at` is when it was rendered, in UTC. `answerable`: whoever gets a
    call of it can answer by pressing a key. `secrets` are parts of `text` that no row keeps. `link` is the
    address with which `text` ends, where a channel may have to shorten what stands before it. A mail is
    answered to `reply_to`, which is a key; empty: to nobody. Messages with one `thread` (the cause,
    “incident:42”) belong together. `secret` signs what a webhook gets, and so
    does `former_secret` for a while, where it is not empty.
    """

    message_id: str
    via: str
    to: str = field(repr=False)
    user: str
    text: str
    at: datetime
    subject: str = ""
    html: str = ""
    link: str = ""
    thread: str = ""
    reply_to: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    former_secret: str = field(default="", repr=False)
    valid_seconds: int = 600
    answerable: bool = False
    secrets: tuple[str, ...] = ()
