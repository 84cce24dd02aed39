"""What a provider says later is posted to us; where it cannot reach us, the message leaves all the same."""

from collections.abc import Callable
from typing import TypeVar

import structlog

from paging.channels.base import ChannelError

Taken = TypeVar("Taken")
log = structlog.get_logger(__name__)


class NotReachable(ChannelError):
    """The provider cannot post to PUBLIC_URL. The message itself it would have taken."""


def with_callbacks_if_possible(hand_over: Callable[[bool], Taken]) -> Taken:
    """`hand_over(True)`; where that raises NotReachable, `hand_over(False)`: a page of which nobody learns
    whether it arrived, and that nobody can answer, beats none.
    """
    try:
        return hand_over(True)
    except NotReachable as fault:
        log.warning("callbacks_refused", error=str(fault), effect="nobody learns whether it arrived")
        return hand_over(False)
