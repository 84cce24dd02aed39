"""What a mail says, as text and as HTML that reads well on a phone: one button, then why, then the rest.

The HTML loads nothing: no image, no font, no script. Colours follow the reader's light or dark mode.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from paging.core.message import Facts
from paging.core.notice import Notice
from paging.core.render import DETAILS, LABEL, NOTICE_LINES, SUBJECT, VALUE, clean, said_of

ADDRESS = 2000
ACTION = "Acknowledge or resolve"
ACTION_ON_ALL = "Acknowledge them all"
HOW = "It opens a page with the buttons, without a login. Opening it does nothing yet."
BY_MAIL = "Or answer this mail: ack, resolve or escalate, in the first line."
BY_MAIL_OF_ALL = "Or answer this mail: ack, in the first line, acknowledges them all."
COLOURS = {"SEV-1": "#b42318", "SEV-2": "#b54708", "SEV-3": "#175cd3"}
OTHER_COLOUR = "#475467"
HEADING = "margin:0 0 12px;font-size:22px;line-height:1.3;overflow-wrap:anywhere"
NOBODY_PAGED = "A notice of Watchbill: nobody is paged."
FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

STYLE = """
body,.page{background:#f2f4f7;color:#1d2939}
.card{background:#fff;border:1px solid #d0d5dd}
.soft,th{color:#475467}
.links a,.foot a{color:#175cd3}
td,th{border-top:1px solid #eaecf0}
@media (prefers-color-scheme:dark){
body,.page{background:#101318!important;color:#e4e7ec!important}
.card{background:#1a1f27!important;border-color:#344054!important}
.soft,th{color:#a4adbd!important}
.links a,.foot a{color:#84adff!important}
td,th{border-color:#344054!important}
}
@media (max-width:480px){
.page{padding:0!important}
.card{border-width:0 0 1px!important;border-radius:0!important}
}
""".replace("\n", "")

DOCUMENT = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark">'
    "<title>{subject}</title><style>" + STYLE.replace("{", "{{").replace("}", "}}") + "</style></head>"
    '<body style="margin:0;padding:0">'
    '<div style="display:none;max-height:0;overflow:hidden">{preview}</div>'
    '<div class="page" style="padding:24px 12px;font:16px/1.5 {font}">'
    '<div class="card" style="max-width:600px;margin:0 auto;padding:20px;border-radius:12px">{body}</div>'
    '<p class="foot soft" style="max-width:600px;margin:12px auto;padding:0 20px 16px;font-size:13px">'
    "{foot}</p>"
    "</div></body></html>"
)


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str
    html: str


def page(facts: Facts, *, link: str, address: str, by_mail: bool = False) -> Mail:
    """`link` acts without a login, and so does an answer where it arrives (`by_mail`); `address` is the
    cause's own page.
    """
    detail = [
        (clean(label, limit=LABEL), clean(value, limit=VALUE))
        for label, value in list(facts.detail.items())[:DETAILS]
    ]
    links = [(clean(label, limit=LABEL), clean(target, limit=ADDRESS)) for label, target in facts.links]
    said = _Said(
        subject=clean(f"[{facts.severity}] {said_of(facts)} ({facts.reference})", limit=SUBJECT),
        title=clean(facts.title),
        service=clean(facts.service, limit=VALUE),
        severity=clean(facts.severity, limit=LABEL),
        because=clean(facts.because, limit=VALUE),
        reference=clean(facts.reference, limit=LABEL),
        or_else=BY_MAIL if by_mail else "",
        remarks="; ".join(clean(remark, limit=VALUE) for remark in facts.remarks),
    )
    return Mail(
        said.subject,
        _page_text(said, detail, links, link=link, address=address),
        _page_html(said, detail, links, link=link, address=address),
    )


@dataclass(frozen=True)
class _Said:
    """Each in one line. `or_else`: how else one may answer, where one may. `remarks` may be empty."""

    subject: str
    title: str
    service: str
    severity: str
    because: str
    reference: str
    or_else: str
    remarks: str


Pairs = list[tuple[str, str]]


def _page_text(said: _Said, detail: Pairs, links: Pairs, *, link: str, address: str) -> str:
    remarks = [("Note", said.remarks)] if said.remarks else []
    rows = [
        ("Service", said.service),
        ("Severity", said.severity),
        *remarks,
        ("Why you", said.because),
        *detail,
    ]
    table = "\n".join(f"{label}: {value}" for label, value in rows)
    where = [*links, (f"All of {said.reference}", address)]
    return _text(said.title, _listed([(ACTION, link)]), said.or_else, table, _listed(where))


def _page_html(said: _Said, detail: Pairs, links: Pairs, *, link: str, address: str) -> str:
    colour = COLOURS.get(said.severity, OTHER_COLOUR)
    badge = f"background:{colour};color:#fff;border-radius:6px;padding:2px 8px;font-weight:600;font-size:14px"
    body = [
        f'<p style="margin:0 0 8px"><span style="{badge}">{escape(said.severity)}</span>',
        f'&ensp;<span class="soft">{escape(said.service)}</span></p>',
        f'<h1 style="{HEADING}">{escape(said.title)}</h1>',
        f'<p style="margin:0 0 12px;font-weight:600">{escape(said.remarks)}</p>' if said.remarks else "",
        f'<p class="soft" style="margin:0 0 20px">You are asked as {escape(said.because)}.</p>',
        _button("Acknowledge", link),
        _how(said.or_else),
        _links_html(links),
        _table(detail),
    ]
    foot = f"{_anchor(f'All of {said.reference}', address)} (asks for a login)"
    return _document(said.subject, f"{said.because}. {said.service}", "".join(body), foot)


def notice(told: Notice, *, link: str) -> Mail:
    """What it says is read after a login: a notice carries no key to anything."""
    subject, title = clean(told.title, limit=SUBJECT), clean(told.title)
    lines = [clean(line, limit=VALUE) for line in told.lines[:NOTICE_LINES]]
    label = clean(told.label, limit=LABEL)
    body = [
        f'<h1 style="{HEADING}">{escape(title)}</h1>',
        *(f'<p style="margin:0 0 12px;overflow-wrap:anywhere">{escape(line)}</p>' for line in lines),
        _button(label, link),
    ]
    return Mail(
        subject,
        "\n\n".join([title, *lines, f"{label}:\n{link}"]) + "\n",
        _document(subject, lines[0] if lines else "", "".join(body), NOBODY_PAGED),
    )


def many(title: str, rows: Sequence[tuple[str, str]], *, link: str, by_mail: bool = False) -> Mail:
    """Many pages of one service: (reference, title) of each. `link` acts on all of them, without a login, and
    so does an answer where it arrives (`by_mail`).
    """
    or_else = BY_MAIL_OF_ALL if by_mail else ""
    subject = clean(title, limit=SUBJECT)
    table = [(clean(label, limit=LABEL), clean(value, limit=VALUE)) for label, value in rows]
    said = "\n".join(f"{label}: {value}" for label, value in table)
    body = [
        f'<h1 style="{HEADING}">{escape(clean(title))}</h1>',
        _button(ACTION_ON_ALL, link),
        _how(or_else),
        _table(table),
    ]
    text = _text(clean(title), _listed([(ACTION_ON_ALL, link)]), or_else, said)
    return Mail(subject, text, _document(subject, table[0][1] if table else "", "".join(body), ""))


def _text(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _how(or_else: str) -> str:
    return f'<p class="soft" style="margin:8px 0 0;font-size:13px">{f"{HOW} {or_else}".strip()}</p>'


def _listed(links: Pairs) -> str:
    return "\n".join(f"{label}:\n{target}" for label, target in links)


def _button(label: str, target: str) -> str:
    look = (
        "display:block;background:#1d4ed8;color:#fff;text-decoration:none;text-align:center;"
        "font-size:18px;font-weight:600;padding:16px;border-radius:10px"
    )
    return f'<a href="{escape(target)}" style="{look}">{escape(label)}</a>'


def _links_html(links: Pairs) -> str:
    look = "margin:8px 0 0;padding:10px 0;overflow-wrap:anywhere"
    return "".join(f'<p class="links" style="{look}">{_anchor(label, target)}</p>' for label, target in links)


def _table(rows: Pairs) -> str:
    if not rows:
        return ""
    cell = "padding:8px 8px 8px 0;text-align:left;vertical-align:top;overflow-wrap:anywhere"
    said = "".join(
        f'<tr><th style="{cell};font-weight:400;width:30%">{escape(label)}</th>'
        f'<td style="{cell}">{escape(value)}</td></tr>'
        for label, value in rows
    )
    look = "width:100%;table-layout:fixed;border-collapse:collapse;margin-top:20px;font-size:15px"
    return f'<table style="{look}">{said}</table>'


def _anchor(label: str, target: str) -> str:
    """Only web addresses can be followed; anything else is shown as it is written."""
    if not target.startswith(("https://", "http://")):
        return f"{escape(label)}: {escape(target)}"
    return f'<a href="{escape(target)}">{escape(label)}</a>'


def _document(subject: str, preview: str, body: str, foot: str) -> str:
    return DOCUMENT.format(subject=escape(subject), preview=escape(preview), font=FONT, body=body, foot=foot)
