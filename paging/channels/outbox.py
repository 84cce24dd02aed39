"""The channel without a provider: a JSON line on standard output, and the outbox page in the admin."""

import contextlib
import json
import sys
from datetime import UTC

from paging.channels.base import Accepted
from paging.core.address import masked
from paging.core.message import Message


class OutboxChannel:
    provider = "outbox"
    title = "the outbox"

    def send(self, message: Message) -> Accepted:
        """Always accepted: dispatch keeps the text as a row, whether or not anybody reads the output."""
        line = {
            "at": message.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "to": masked(message.to) if "://" in message.to else message.to,  # such an address is a key
            "via": message.via,
            "user": message.user,
            "subject": message.subject,
            "text": message.text,
        }
        with contextlib.suppress(OSError, ValueError):  # a closed output
            sys.stdout.write(json.dumps({"outbox": line}) + "\n")
            sys.stdout.flush()
        return Accepted(self.provider, message.message_id)
