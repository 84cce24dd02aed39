"""What one message says of many pages of a service: how many in an SMS and a call, each of them in a mail."""

from collections.abc import Sequence

from paging.core import chat, mail, render
from paging.core.mail import Mail
from paging.core.message import Facts
from paging.core.notice import Notice

LISTED = 500


def headline(service: str, count: int) -> str:
    """“My Service: 4 unacked alerts”."""
    return f"{render.clean(service, limit=render.LABEL)}: {count} unacked alert{'' if count == 1 else 's'}"


def sms(service: str, count: int, *, link: str, hint: str = "") -> str:
    return render.sms_of(headline(service, count), link=link, hint=hint)


def voice(service: str, said: Sequence[Facts]) -> str:
    """To be spoken where no key does anything, so it says where to acknowledge."""
    count = f"{len(said)} unacknowledged alert{'' if len(said) == 1 else 's'}"
    worst = min(said, key=lambda facts: facts.severity)  # SEV-1 is the worst
    return (
        f"This is Watchbill. {render.clean(service, limit=render.LABEL)} has {count}, among them, "
        f"{render.clean(worst.severity).replace('SEV-', 'severity ')}: "
        f"{render.clean(worst.title, limit=render.SPOKEN_TITLE)}. "
        "To acknowledge, open the link in your text message or email."
    )


def email(service: str, said: Sequence[Facts], *, link: str, by_mail: bool = False) -> Mail:
    """Every one of them. `link` acts without a login; `by_mail`: so does an answer."""
    rows = [(facts.reference, f"{facts.severity} {facts.title}") for facts in said[:LISTED]]
    more = [("…", f"and {len(said) - LISTED} more")] if len(said) > LISTED else []
    title = headline(service, len(said))
    return mail.many(title, [*rows, *more], link=link, by_mail=by_mail)


def in_chat(service: str, said: Sequence[Facts], *, link: str) -> chat.Chat:
    """The first of them, and how many more there are."""
    return chat.many(headline(service, len(said)), [_line(facts) for facts in said], link=link)


def _line(facts: Facts) -> str:
    return f"{facts.reference} {facts.severity} {facts.title}"


def of_notices(service: str, said: Sequence[Notice]) -> Notice:
    """One notice that names them all."""
    return Notice(
        title=f"{render.clean(service, limit=render.LABEL)}: {len(said)} notices, the last: {said[-1].title}",
        lines=tuple(one.title for one in said[:LISTED]),
        path="/incidents",
        label="See the incidents",
        service=service,
    )
