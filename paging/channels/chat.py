"""Chat and push, through apprise (`paging.chat`)."""

from time import monotonic

from django.conf import settings

from paging import chat
from paging.channels.base import Accepted, ChannelError, Fault
from paging.channels.web import fault_of
from paging.core.chat import fitted
from paging.core.message import Message
from people import outbound

TIMEOUT = 8.0  # seconds, whatever apprise does: several requests, a name that is looked up, a slow answer


class ChatChannel:
    provider = "apprise"
    title = "the chat service"

    def send(self, message: Message) -> Accepted:
        begun = monotonic()
        chat.loaded()  # once a process, of files that a call to an address may not open
        left = TIMEOUT - (monotonic() - begun)
        allowed = settings.WEBHOOK_PRIVATE_HOSTS
        try:
            outbound.call(lambda: _hand_over(message), seconds=max(left, 0.0), private_hosts=allowed)
        except chat.NotTaken as fault:
            said = f"the chat service answered {fault.status}" if fault.status else "no chat service answered"
            raise ChannelError(said, fault=fault_of(fault.status)) from None
        except outbound.OutOfTime as fault:
            raise ChannelError(f"the chat service gave {fault}", fault=Fault.TEMPORARY) from None
        except outbound.Inside:
            raise ChannelError(
                "the chat service is inside the network; an operator may allow it in WEBHOOK_PRIVATE_HOSTS",
                fault=Fault.MESSAGE,
            ) from None
        except Exception as fault:  # noqa: BLE001 - a plugin may raise anything, and its text may name the address
            raise ChannelError(
                f"the chat service could not be used ({type(fault).__name__})", fault=Fault.TEMPORARY
            ) from None
        return Accepted(self.provider, message.message_id)


def _hand_over(message: Message) -> None:
    service = chat.opened(message.to)
    if service is None:
        raise chat.NotTaken(400)
    title, text = fitted(message.subject, message.text, link=message.link, room=chat.room(service))
    chat.hand_over(service, title=title, text=text, link=message.link)
