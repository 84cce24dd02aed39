"""Chat and push services through apprise: which addresses are taken, and how a message is handed over.

apprise is loaded when it is first needed: that takes half a second, which no other process and no start
should wait for.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from functools import cache, wraps
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

from people.outbound import call, inside

LONGEST = 1000
TIMEOUT = 8.0  # seconds to understand an address
LONGEST_ANSWER = 256 * 1024  # bytes that are read of what a service answers
LONGEST_MESSAGE = 1200  # characters, at most 3 bytes each: ntfy makes a file of what has more than 4,096

NAMES = (
    "bale cliq zcliq zohocliq dingtalk discord feishu flock fluxer fluxers gchat groupme guilded kakao "
    "kakaotalk kook lark line matrix matrixs mmost mmosts nctalk nctalks onebot onebots qq revolt rocket "
    "rockets ryver signal signals slack stackfield synology synologys tgram threema twist viber webex "
    "wxteams wecombot evolution evolutions whapi whatsapp workflow workflows zalo zoom zulip apprise "
    "apprises bark barks chanify gotify gotifys hassio hassios ifttt join lametric lametrics ncloud "
    "nclouds notica noticas notifiarr notifico notificos notifyapp ntfy ntfys onesignal pbul pinglet "
    "pinglets pjet pjets pover prowl psafer psafers push pushdeer pushdeers pushed pushme pushplus "
    "pushward pushy schan simplepush spush spugpush wpush wxpusher betterstack firehydrant flowtriq "
    "flowtriqs goalert goalerts ilert incidentio opsgenie opsimate opsimates pagerduty pagertree signl4 "
    "spike splunk victorops squadcast xmatters "
)
SERVICES = frozenset(NAMES.split())
"""Schemas of apprise that reach one person or a room of theirs over HTTP. Left out, and so refused:

- what runs, shows or writes something on this machine (dbus, gnome, macosx, windows, syslog, blink1, ...);
- protocols of their own (mqtt, amqp, irc, xmpp, smpp, aprs, rsyslog, growl, nostr, ...);
- keys or tokens from files (fcm, vapid, ...);
- mail and SMS, which are kinds of their own; any request at all (json, xml, form): a webhook is one too;
- what publishes to everybody (mastodon, twitter, reddit, github, ...): a page carries a link that acts.

One that a later apprise adds is refused until it is named here.
"""

FILES = frozenset({"template", "attach", "file", "keyfile", "subfile"})
EXAMPLES = "slack://TokenA/TokenB/TokenC, tgram://BotToken/ChatID or ntfys://ntfy.example/topic"
STATUS = re.compile(r"\berror\s*[=:]\s*(\d{3})\b")


class NotTaken(Exception):
    """The service did not take it. `status` is the one of HTTP, 0 where there was no answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def checked(address: str, *, private_hosts: frozenset[str]) -> str:
    """The address as it is kept. Raises ValueError with a sentence, which does not repeat it."""
    schema = address.partition("://")[0].casefold()
    if "://" not in address or not address.isprintable() or " " in address or len(address) > LONGEST:
        raise ValueError(f"This is no address of a chat service; write one such as {EXAMPLES}.")
    if schema not in SERVICES:
        raise ValueError(
            f"“{schema[:20]}” is no chat service that is paged here; write an address such as {EXAMPLES}, "
            "as https://appriseit.com/services/ spells it."
        )
    if named := _files(address):
        raise ValueError(f"“{min(named)}” names a file, and none is read; leave it out.")
    loaded()
    try:
        service = call(lambda: opened(address), seconds=TIMEOUT)
    except OSError:
        service = None
    if service is None:
        raise ValueError(f"The {schema} address is not complete; write one such as {EXAMPLES}.")
    if inside(str(getattr(service, "host", None) or ""), private_hosts=private_hosts):
        raise ValueError("The host is inside the network; an operator may allow it in WEBHOOK_PRIVATE_HOSTS.")
    return address


def _files(address: str) -> set[str]:
    """What of the options would be a file; in apprise's addresses they may follow a #, too."""
    return {name.casefold().strip() for name, _ in parse_qsl(address.partition("?")[2])} & FILES


def opened(address: str) -> Any | None:
    """The service of an address, made anew; None where apprise does not understand it."""
    if address.partition("://")[0].casefold() not in SERVICES or _files(address):
        return None
    apprise = loaded()
    asset = apprise.AppriseAsset(
        app_id="Watchbill",
        app_desc="Watchbill",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        storage_mode="memory",
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        interpret_emojis=False,
    )
    return apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)


def room(service: Any) -> int:
    """How many characters of a message surely fit: some services count what escaping adds."""
    longest = int(service.body_maxlen)
    return min(longest if longest <= 320 else longest * 3 // 4, LONGEST_MESSAGE)


def hand_over(service: Any, *, title: str, text: str, link: str) -> None:
    """`link` is the address with which `text` ends. Raises NotTaken. Say it within `people.outbound.call`."""
    heard: list[str] = []
    _here.heard = heard
    service.redirects = False
    service.send = _keeping(link, service.send)
    try:
        taken = service.notify(
            title=title,
            body=text,
            body_format=loaded().NotifyFormat.TEXT,
            notify_type=loaded().NotifyType.WARNING,
        )
    finally:
        _here.heard = None
    if not taken:
        raise NotTaken(_status(heard))


def _keeping(link: str, send: Callable[..., bool]) -> Callable[..., bool]:
    """For services that read Markdown apprise puts a backslash before each dot and dash of a text: of words
    nothing is seen of it, and an address leads nowhere by it.
    """
    apprise = loaded()
    escaped = apprise.conversion.convert_between(
        apprise.NotifyFormat.TEXT, apprise.NotifyFormat.MARKDOWN, link
    )

    def send_whole(body: str, **more: Any) -> bool:
        return send(body=body.replace(escaped, link) if link else body, **more)

    return send_whole


def _status(heard: list[str]) -> int:
    found = [int(number) for line in heard for number in STATUS.findall(line)]
    return found[-1] if found else 0


class _Heard(logging.Handler):
    """What apprise says of a failure is read for its status and goes nowhere: it names addresses."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = getattr(_here, "heard", None)
        if heard is not None:
            heard.append(record.getMessage())


def _short(read: Callable[..., Iterator[bytes]]) -> Callable[..., Iterator[bytes]]:
    """For the method of requests by which an answer is read whole: whoever has the address may answer without
    end, or a little that unpacks to gigabytes, and a worker without memory pages nobody. Elsewhere nothing
    changes.
    """

    @wraps(read)
    def iter_content(*args: Any, **more: Any) -> Iterator[bytes]:
        chunks = read(*args, **more)
        return chunks if getattr(_here, "heard", None) is None else _beginning(chunks)

    return iter_content


def _beginning(chunks: Iterator[bytes]) -> Iterator[bytes]:
    left = LONGEST_ANSWER
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


_here = threading.local()


@cache
def loaded() -> ModuleType:
    """The library apprise with all its services, which it reads from its own files."""
    apprise = import_module("apprise")
    answer = import_module("requests").Response
    answer.iter_content = _short(answer.iter_content)
    said = logging.getLogger("apprise")
    said.handlers, said.propagate = [_Heard(logging.WARNING)], False
    said.setLevel(logging.WARNING)
    apprise.Apprise.instantiate("ntfy://any")  # reads them all
    return apprise
