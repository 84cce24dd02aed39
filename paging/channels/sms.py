"""SMS by Twilio."""

from paging.channels import carrier
from paging.channels.base import Accepted
from paging.core.message import Message

LONGEST = 36000  # seconds, Twilio's limit and its default: ten hours, far too late for a page


class SmsChannel:
    provider = carrier.PROVIDER
    title = carrier.TITLE

    def send(self, message: Message) -> Accepted:
        def hand_over(callbacks: bool) -> Accepted:  # noqa: FBT001 - one of two ways
            more = {"status_callback": carrier.status_callback(message)} if callbacks else {}
            with carrier.account() as account:
                taken = account.messages.create(
                    to=message.to,
                    body=message.text,
                    validity_period=min(max(message.valid_seconds, 1), LONGEST),
                    **carrier.sender(),
                    **more,
                )
                return Accepted(self.provider, str(taken.sid or ""))

        return carrier.with_callbacks_if_possible(hand_over)
