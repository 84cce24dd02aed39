"""Tell people something, once. A notice pages nobody: it never rings, wakes nobody, and escalates nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from paging.actions.pages import PageRequest, page
from paging.core.notice import Notice
from paging.core.rules import INFO


@dataclass(frozen=True, kw_only=True)
class NoticeRequest:
    """Tell `user_id` about `cause` ("handoff:12"); `run` names the occasion: one asked twice is told once.
    A `quiet` one comes by night (of that person) at its end.
    """

    user_id: int
    cause: str
    run: str
    notice: Notice
    quiet: bool = False


def tell(*, requests: Sequence[NoticeRequest], now: datetime) -> list[int]:
    """Write the notices, in the caller's transaction; they go by the person's low-urgency rules, by mail
    where there are none, and never by voice.

    Returns the ids of those whom no notice can reach.
    """
    untold = page(
        requests=[
            PageRequest(
                user_id=one.user_id,
                cause=one.cause,
                run=one.run,
                urgency=INFO,
                facts=one.notice,
                quiet=one.quiet,
            )
            for one in requests
        ],
        now=now,
    )
    return [one.user_id for one in untold]
