"""SMS by Telnyx, the second provider."""

from django.utils.module_loading import import_string

from paging.channels.base import Accepted
from paging.core.message import Message

SEND = "paging.channels.telnyx_account.send"
"""Importing Telnyx's library takes over a second and 90 MB: as long as the provider before it takes every
message, no process pays for it.
"""


class TelnyxChannel:
    provider = "telnyx"
    title = "Telnyx"

    def send(self, message: Message) -> Accepted:
        return Accepted(self.provider, import_string(SEND)(message))
