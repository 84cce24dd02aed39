"""The words of a page of HTML, in lines. In one pass, however broken it is: Python's own parser takes minutes
for a few kilobytes that are made for it.
"""

import re
from html import unescape

LINES = frozenset({"br", "div", "p", "tr", "li", "h1", "h2", "h3", "td", "table", "body", "hr", "pre"})
UNREAD = ("head", "style", "script", "title")
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,20})")


def words_of(html: str, *, most: int, until_quotation: bool = False) -> str:
    """Those of the first `most` characters of its body; with `until_quotation` only those before what it
    quotes.
    """
    page = html[max(html.casefold().find("<body"), 0) :][:most]
    folded, said, at = page.casefold(), [], 0
    while (begin := page.find("<", at)) >= 0:
        said.append(_spaced(page[at:begin]))
        at, mark = _past(page, begin), _NAME.match(page, begin + 1)
        name = mark[1].casefold() if mark else ""
        if at == begin + 1:  # it begins nothing
            said.append("<")
        elif name == "blockquote" and until_quotation:
            return "".join(said)
        elif name in UNREAD and page[begin + 1] != "/":
            end = folded.find(f"</{name}", at)
            at = len(page) if end < 0 else end
        if name in LINES:
            said.append("\n")
    return "".join([*said, _spaced(page[at:])])


def _past(page: str, begin: int) -> int:
    """Where the mark that begins there ends."""
    if page.startswith("<!--", begin):
        end = page.find("-->", begin + 4)
        return len(page) if end < 0 else end + 3
    if not re.match(r"[a-zA-Z/!?]", page[begin + 1 : begin + 2]):
        return begin + 1
    end = page.find(">", begin)
    return len(page) if end < 0 else end + 1


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(text))
