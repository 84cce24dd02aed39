"""What every channel is: it takes one message, or says why not."""

from typing import ClassVar, Protocol

from paging.core.delivery import Accepted, Fault
from paging.core.message import Message

__all__ = ["Accepted", "Channel", "ChannelError", "Fault"]


class ChannelError(Exception):
    """The provider did not take the message; `fault` says what helps."""

    def __init__(self, sentence: str, *, fault: Fault) -> None:
        super().__init__(sentence)
        self.fault = fault


class Channel(Protocol):
    """One way out. Made anew for every message, so that threads share nothing.

    `provider` is its short name in rows and metrics, `title` its name in a sentence.
    """

    provider: ClassVar[str]
    title: ClassVar[str]

    def send(self, message: Message) -> Accepted:
        """Hand over in at most about 8 s. Raises ChannelError; anything else raised counts as temporary."""
        ...
