"""What a webhook gets: one JSON document (docs/webhooks.md). Keys are only ever added."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from paging.core.message import Facts
from paging.core.notice import Notice
from paging.core.render import DETAILS, LABEL, NOTICE_LINES, SUBJECT, VALUE, clean

VERSION = 1
ADDRESS = 2000


def page(facts: Facts, *, envelope: Mapping[str, Any], link: str, address: str) -> str:
    """`link` acts without a login; `address` is the cause's own page."""
    detail = dict(list(facts.detail.items())[:DETAILS])
    return _document(
        "page",
        envelope,
        reference=clean(facts.reference),
        title=clean(facts.title),
        service=clean(facts.service),
        severity=clean(facts.severity),
        because=clean(facts.because),
        remarks=[clean(remark) for remark in facts.remarks],
        detail={clean(name, limit=LABEL): clean(value, limit=VALUE) for name, value in detail.items()},
        links=[
            {"label": clean(label, limit=LABEL), "address": clean(target, limit=ADDRESS)}
            for label, target in facts.links
        ],
        url=address,
        action_url=link,
    )


def notice(told: Notice, *, envelope: Mapping[str, Any], link: str) -> str:
    lines = [clean(line, limit=VALUE) for line in told.lines[:NOTICE_LINES]]
    return _document("notice", envelope, title=clean(told.title, limit=SUBJECT), lines=lines, url=link)


def code(digits: str, *, envelope: Mapping[str, Any], title: str, link: str) -> str:
    """What verifies the address: `link` is where its person enters the digits."""
    return _document("code", envelope, title=title, code=digits, url=link)


def envelope(*, message_id: str, cause: str, urgency: str, user: str, at: datetime) -> dict[str, Any]:
    """What every document begins with. `message_id` stays the same over retries."""
    sent = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"id": message_id, "cause": cause, "urgency": urgency, "user": user, "at": sent}


def _document(kind: str, head: Mapping[str, Any], **body: Any) -> str:
    return json.dumps({"version": VERSION, "type": kind, **head, **body}, ensure_ascii=False)
