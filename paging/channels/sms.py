"""SMS by Twilio."""

from paging.channels import twilio_account
from paging.channels.base import Accepted
from paging.channels.callbacks import with_callbacks_if_possible
from paging.core.message import Message

LONGEST = 36000  # seconds, Twilio's limit and its default: ten hours, far too late for a page


class SmsChannel:
    provider = twilio_account.PROVIDER
    title = twilio_account.TITLE

    def send(self, message: Message) -> Accepted:
        def hand_over(callbacks: bool) -> Accepted:  # noqa: FBT001 - one of two ways
            more = {"status_callback": twilio_account.status_callback(message)} if callbacks else {}
            with twilio_account.account() as account:
                taken = account.messages.create(
                    to=message.to,
                    body=message.text,
                    validity_period=min(max(message.valid_seconds, 1), LONGEST),
                    **twilio_account.sender(),
                    **more,
                )
                return Accepted(self.provider, str(taken.sid or ""))

        return with_callbacks_if_possible(hand_over)
