"""Where nobody in particular is told: a room of people behind one chat address, or a webhook by its name.

What stands for a room is a user that is never active, as for a webhook (`paging.actions.hooks`), with one
chat method. Whoever calls this writes the ledger, in the same transaction; the address never stands in it.
"""

from datetime import datetime

from paging.actions.contacts import Refused, checked_address
from paging.actions.hooks import hook_recipient
from paging.actions.pages import HOOKS
from paging.core.address import masked
from paging.core.rules import HOOK
from paging.models import ContactMethod
from people.models import User

CHAT = ContactMethod.Kind.CHAT
OF_NOBODY = {"user__username__startswith": HOOKS}


def room_recipient(*, address: str, now: datetime) -> User:
    """What stands for the room at this chat address: made the first time, the same from then on, and told
    again where the address was disabled. In the caller's transaction. Raises Refused.
    """
    address = checked_address(CHAT, address)
    rows = ContactMethod.objects.filter(kind=CHAT, address=address, **OF_NOBODY)
    found = rows.select_related("user").order_by("pk").first()
    if found is None:
        recipient = hook_recipient(masked(address))
        ContactMethod.objects.create(user=recipient, kind=CHAT, address=address, verified_at=now)
        return recipient
    if found.disabled_reason:
        found.disabled_reason = ""
        found.save(update_fields=["disabled_reason"])
    return found.user


def webhook_recipient(name: str) -> User:
    """What stands for the webhook of that name, which is in use. Raises Refused."""
    known = webhooks()
    for one in known:
        if one.name == name:
            return one
    there = f"there is {', '.join(f'“{one.name}”' for one in known[:8])}" if known else "there is none yet"
    raise Refused(f"There is no webhook “{name[:100]}” in use; {there}.")


def webhooks() -> list[User]:
    """What stands for each webhook in use, by name."""
    rows = ContactMethod.objects.filter(kind=HOOK, disabled_reason="", **OF_NOBODY)
    return [one.user for one in rows.select_related("user").order_by("user__name", "pk")]
