"""Which channel carries which kind of contact method: `settings.PAGING_CHANNELS`."""

from django.conf import settings
from django.utils.module_loading import import_string

from paging.channels.base import Channel, ChannelError, Fault


def channel_for(kind: str) -> Channel:
    """A new channel for `kind` ("sms", "voice", "email"). Raises ChannelError where there is none."""
    paths = settings.PAGING_CHANNELS.get(kind)
    if paths is None:
        raise ChannelError(
            f"No channel carries “{kind}”; add it to PAGING_CHANNELS in the settings.", fault=Fault.MESSAGE
        )
    channel: Channel = import_string(paths if isinstance(paths, str) else paths[0])()
    return channel
