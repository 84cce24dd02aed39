"""Email by a provider's HTTP API, through django-anymail (settings.MAIL_API)."""

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
)
from django.conf import settings
from django.core.mail import get_connection

from paging.channels.base import Accepted, ChannelError, Fault
from paging.channels.letter import letter
from paging.channels.web import TEMPORARY
from paging.core.message import Message

TIMEOUT = (3.0, 5.0)  # seconds to connect and to answer: 8 together, below dispatch's lease
ACCOUNT = frozenset({401, 402, 403})


class MailApiChannel:
    """`provider` is the one of settings.MAIL_API ("brevo")."""

    def __init__(self) -> None:
        self.provider = str(settings.MAIL_API["name"])
        self.title = str(settings.MAIL_API["title"])

    def send(self, message: Message) -> Accepted:
        """What the provider says in detail is not kept: it may repeat the message, links and all."""
        connection = get_connection(
            settings.MAIL_API["backend"], timeout=TIMEOUT, **settings.MAIL_API["options"]
        )
        mail = letter(message, connection)
        try:
            mail.send()
        except (AnymailRecipientsRefused, AnymailInvalidAddress):
            raise ChannelError(f"{self.title} refused the recipient", fault=Fault.MESSAGE) from None
        except (AnymailConfigurationError, AnymailAPIError) as fault:
            raise self._translated(fault) from None
        except AnymailError as fault:
            raise ChannelError(
                f"{self.title} cannot take this message ({type(fault).__name__})", fault=Fault.MESSAGE
            ) from None
        except requests.RequestException as fault:
            raise ChannelError(
                f"{self.title} did not answer ({type(fault).__name__})", fault=Fault.TEMPORARY
            ) from None
        status = getattr(mail, "anymail_status", None)
        return Accepted(self.provider, str(getattr(status, "message_id", None) or message.message_id))

    def _translated(self, fault: AnymailError) -> ChannelError:
        status = int(getattr(fault, "status_code", None) or 0)
        if isinstance(fault, AnymailConfigurationError):
            return ChannelError(f"{self.title} is not set up; look at EMAIL_URL", fault=Fault.PROVIDER)
        if status in ACCOUNT:
            return ChannelError(
                f"{self.title} answered {status}; look at the account and EMAIL_URL", fault=Fault.PROVIDER
            )
        if not status:
            return ChannelError(f"{self.title} did not answer", fault=Fault.TEMPORARY)
        temporary = status in TEMPORARY or status >= 500
        return ChannelError(
            f"{self.title} answered {status}", fault=Fault.TEMPORARY if temporary else Fault.MESSAGE
        )
