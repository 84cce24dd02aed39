"""Which channels carry which kind of contact method, in failover order: `settings.PAGING_CHANNELS`."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.module_loading import import_string

from paging.channels.base import Channel, ChannelError, Fault


def channels_for(kind: str) -> list[Channel]:
    """New channels for this kind of contact method, the one to ask first in front. Raises ChannelError where
    there is none.
    """
    channels: list[Channel] = [made() for made in _classes(kind)]
    if not channels:
        raise ChannelError(
            f"No channel carries “{kind}”; add it to PAGING_CHANNELS in the settings.", fault=Fault.MESSAGE
        )
    return channels


def providers_of(kind: str) -> Mapping[str, str]:
    """Short name and title of each provider of `kind`, in failover order; empty where there is none."""
    return {made.provider: made.title for made in _classes(kind)}


def _classes(kind: str) -> list[type[Channel]]:
    return [import_string(path) for path in settings.PAGING_CHANNELS.get(kind, ())]
