"""Telnyx's account: its client with our timeouts and base address, its errors in our words."""

from collections.abc import Mapping

import telnyx
from django.conf import settings

from paging.channels.base import ChannelError, Fault
from paging.channels.callbacks import NotReachable, with_callbacks_if_possible
from paging.core.message import Message
from paging.core.telnyx import explained, is_about_our_address

TIMEOUT = telnyx.Timeout(5.0, connect=3.0)  # seconds to answer and to connect: 8 together, below the lease


def send(message: Message) -> str:
    """Hand over one SMS; returns Telnyx's id of it. Raises ChannelError.

    `valid_seconds` goes nowhere: Telnyx has no word for how long a message may wait.
    """
    return with_callbacks_if_possible(
        lambda callbacks: _handed_over(message, webhook=_status_callback(message) if callbacks else "")
    )


def _status_callback(message: Message) -> str:
    return f"{settings.PUBLIC_URL}/telnyx/status/{message.message_id}"


def _handed_over(message: Message, *, webhook: str) -> str:
    config: Mapping[str, str] = settings.TELNYX
    try:
        with _account(config) as client:
            taken = client.messages.send(
                to=message.to,
                from_=config["from_number"] or telnyx.omit,
                messaging_profile_id=config["messaging_profile_id"] or telnyx.omit,
                text=message.text,
                webhook_url=webhook or telnyx.omit,
                use_profile_webhooks=False,  # the profile's address is for what people send to us
            )
    except telnyx.APIStatusError as refusal:
        errors = refusal.body.get("errors") if isinstance(refusal.body, Mapping) else None
        fault, sentence = explained(errors, status=refusal.status_code)
        if webhook and is_about_our_address(errors):
            raise NotReachable(sentence, fault=fault) from refusal
        raise ChannelError(sentence, fault=fault) from refusal
    except telnyx.APIConnectionError as silence:
        raise ChannelError(f"Telnyx did not answer: {silence}", fault=Fault.TEMPORARY) from silence
    return str(getattr(taken.data, "id", None) or "")


def _account(config: Mapping[str, str]) -> telnyx.Telnyx:
    """The client; dispatch knows better than it when, and by whom, to try again."""
    return telnyx.Telnyx(
        api_key=config["api_key"],
        base_url=config["api_base_url"] or None,
        timeout=TIMEOUT,
        max_retries=0,
    )
