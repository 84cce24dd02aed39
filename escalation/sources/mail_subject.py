"""What the subject of a mail says: what it is about, whether that began or is over, and how bad it is.

Programs write it before the title, as in “RESOLVED: disk full”, “[FIRING:2] DiskFull eu1” or “** PROBLEM
Service Alert: web1/HTTP is CRITICAL **”. It counts only where it is set apart, by brackets, a colon, a dash
or a bar: “Up to 90 % of the disk is used” is no recovery.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from escalation.core.severity import USUAL
from escalation.sources.event import Action
from escalation.sources.nagios import SEVERITIES as OF_NAGIOS

TRIGGER, RESOLVE, ACKNOWLEDGE = Action.TRIGGER, Action.RESOLVE, Action.ACKNOWLEDGE
STATES: Mapping[str, Action] = {
    **dict.fromkeys(("problem", "custom", "alert", "alarm", "notification", "alerting", "firing"), TRIGGER),
    **dict.fromkeys(
        ("down", "triggered", "re-triggered", "trigger", "renotify", "no data", "re-no data"), TRIGGER
    ),
    **dict.fromkeys(("insufficient_data", "re-warn", "failed", "failure", "open", "opened", "new"), TRIGGER),
    **dict.fromkeys(("resolved", "resolve", "recovered", "recovery", "solved", "cleared"), RESOLVE),
    **dict.fromkeys(("ok", "up", "closed"), RESOLVE),
    **dict.fromkeys(("acknowledgement", "acknowledged", "acknowledge", "ack"), ACKNOWLEDGE),
}
"""What the words mean; the actions of a header and of an address are among them."""

WEAK = frozenset({"alert", "alarm", "notification"})
"""Words that some programs write before all of their mails: another one behind it counts."""

SHORT = {"crit": "critical", "fatal": "critical", "emerg": "emergency", "err": "error"}
GRADES = {*USUAL, *SHORT} - {"none", "page"}
GRADES_ALONE = GRADES - {"high", "low", "major", "minor", "informational"}
"""Without brackets some words are more often part of a title: “Low: battery of ups1”."""

DASHES = "-\u2013\u2014"
EDGES = f" *!.:;,|{DASHES}"
NO_MATTER = {"external", "ext", "monitor alert", "alert notification", "ticket"}
"""In brackets before a subject, by mail servers or for everything that a program sends."""


@dataclass(frozen=True)
class Said:
    """`about` is the subject freed of all that changes between a problem and its end. `action` None: it says
    nothing of it. `word` is its own for how bad it is. One that is `quiet` pages nobody.
    """

    about: str
    action: Action | None = None
    word: str = ""
    quiet: bool = False
    is_weak: bool = False
    """Whether the action is a guess by one of WEAK."""

    @property
    def key(self) -> str:
        """In one case, since programs differ in it between a problem and its end."""
        return " ".join(self.about.casefold().split()).strip(EDGES)

    @property
    def severity(self) -> str:
        """SEV-1 to SEV-4; empty where the word is none that is known."""
        folded = self.word.lower()
        return OF_NAGIOS.get(self.word, "") or USUAL.get(SHORT.get(folded, folded), "")


_DECORATION = re.compile(r"^[^\w\[(<\"'“/.$@&%-]+")
_ANSWERS = re.compile(r"(?:re|fwd?|aw|wg|sv|vs|tr|rv|antw)(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_BRACKET = re.compile(r"\[([^\[\]]{1,80})\]\s*[:|-]?\s*")
_COUNTER = re.compile(r"\s*(?:[:#x]\s*)?\d+$")
_SET_APART = re.compile(
    rf"([A-Za-z][\w-]*(?: data)?)(?:\s+(?:alert|alarm|notification))?(?:\s*[:|]\s*|\s+[{DASHES}]+\s+)",
    re.IGNORECASE,
)
_NAGIOS = re.compile(r"([A-Z]+)\s+(?=(?:Service|Host) Alert\b)")
_OVER_IN = re.compile(r"resolved in [^:]{1,60}:\s*", re.IGNORECASE)
_MONITOR_IS = re.compile(r"monitor is (down|up):?\s*", re.IGNORECASE)
_IS = re.compile(
    r"\s+is (OK|UP|RECOVERED|DOWN|CRITICAL|WARNING|UNKNOWN|UNREACHABLE)(?:\s+\([A-Za-z]+\))?[\s!.*]*$"
)
_WAS_IS = re.compile(
    r"\s(?:OK|UP|WARN|CRIT|UNKN|DOWN|UNREACH|PEND)[A-Z]*\s*(?:->|→)\s*(OK|UP|WARN|CRIT|UNKN|DOWN|UNREACH)[A-Z]*[\s!.*]*$"
)
_QUIET = re.compile(r"(?:FLAPPING|DOWNTIME)(?:START|STOP|END|CANCELLED|REMOVED|DISABLED)", re.IGNORECASE)
_BEHIND = re.compile(r"(?<=\S)\s*\([^()]*\)\s*$")
_UPTIME_KUMA = re.compile(r"\[([^\[\]]+)\]\s*\[\W*(Down|Up)\](.*)$")
_PRTG = re.compile(
    r"(\[[^\]]*PRTG[^\]]*\].*?)\s(Down ended|Down|Up|Warning|Unusual|Error)\b.*$", re.IGNORECASE
)
_NETDATA = re.compile(r"(\S+) (is critical|needs attention|recovered) - (.+)$")
_UPDATED = re.compile(r"updated problem(?: in [^:]{1,60})?:\s*", re.IGNORECASE)

WORDS = {"WARN": "WARNING", "CRIT": "CRITICAL", "UNKN": "UNKNOWN", "UNREACH": "UNREACHABLE"}
OVER = {"OK", "UP", "RECOVERED"}


def understood(subject: str) -> Said:
    """`subject` is one line, decoded."""
    return _of_one_program(subject.strip()) or _tail(_head(subject))


def updates(subject: str) -> bool:
    """Whether it is Zabbix's word that somebody did something about a problem, which its text says."""
    return _UPDATED.match(subject) is not None


def _of_one_program(subject: str) -> Said | None:
    """Those that set their state elsewhere than before the title."""
    if match := _UPTIME_KUMA.match(subject):
        return _stated(Said(f"[{match[1]}]"), match[2])
    if match := _PRTG.match(subject):
        state = match[2].lower()
        if state in {"up", "down ended"}:
            return Said(match[1], RESOLVE)
        return Said(match[1], TRIGGER, word="warning" if state in {"warning", "unusual"} else "")
    if match := _NETDATA.match(subject):
        words = {"is critical": "critical", "needs attention": "warning", "recovered": ""}
        action = RESOLVE if match[2] == "recovered" else TRIGGER
        return Said(f"{match[1]} {match[3]}", action, word=words[match[2]])
    return None


def _head(subject: str) -> Said:
    """What stands before the title is taken off, piece by piece; of two that differ the first counts."""
    said = Said(subject)
    while True:
        rest = _DECORATION.sub("", said.about)
        taken = _next(replace(said, about=rest))
        if taken is None:
            return replace(said, about=rest)
        said = taken


def _next(said: Said) -> Said | None:
    """Without its first piece; None where the title begins."""
    for pattern, read in PIECES:
        match = pattern.match(said.about)
        if match:
            return read(replace(said, about=said.about[match.end() :]), match)
    return None


def _apart(left: Said, match: re.Match[str]) -> Said | None:
    """“CRITICAL: ”, “OK - ”, “DOWN | ”. Another word is part of the title."""
    word = match[1]
    if _is_quiet(word) or word.lower() in STATES:
        return _stated(left, word)
    return _graded(left, word) if word.lower() in GRADES_ALONE else None


def _bracketed(left: Said, match: re.Match[str]) -> Said | None:
    """“FIRING:2, RESOLVED:1”, “P2”, “🔴 Down”. Something else is part of the title."""
    content = match[1]
    words = [_COUNTER.sub("", _DECORATION.sub("", piece)).strip() for piece in content.split(",")]
    grade = content.strip()
    if grade.lower() in NO_MATTER:
        return left
    if grade.lower() in GRADES:
        return _graded(left, grade)
    if not all(word.lower() in STATES or _is_quiet(word) for word in words):
        return None
    is_group = words[0].lower() in {"firing", "resolved"}
    freed = replace(left, about=_BEHIND.sub("", left.about)) if is_group else left
    return _stated(freed, words[0])


def _tail(said: Said) -> Said:
    """“web1/HTTP is CRITICAL”, “web1/CPU load OK -> CRIT”: as monitoring programs write it, in capitals."""
    match = _IS.search(said.about) or _WAS_IS.search(said.about)
    if match is None:
        return said
    word = WORDS.get(match[1], match[1])
    freed = replace(said, about=said.about[: match.start()])
    grade = "" if word in OVER else word
    action = None if said.is_weak else said.action
    return replace(freed, action=action or (TRIGGER if grade else RESOLVE), word=said.word or grade)


def _stated(said: Said, word: str) -> Said:
    if said.quiet or (said.action is not None and not said.is_weak):
        return said
    if _is_quiet(word):
        return replace(said, quiet=True)
    return replace(said, action=STATES.get(word.lower(), said.action), is_weak=word.lower() in WEAK)


def _graded(said: Said, word: str) -> Said:
    return replace(said, word=said.word or word)


def _is_quiet(word: str) -> bool:
    """“Downtime alert: the shop is away” is none of them."""
    return _QUIET.fullmatch(word) is not None


PIECES: tuple[tuple[re.Pattern[str], Callable[[Said, re.Match[str]], Said | None]], ...] = (
    (_ANSWERS, lambda left, _: left),
    (_UPDATED, lambda left, _: left),
    (_OVER_IN, lambda left, _: _stated(left, "resolved")),
    (_MONITOR_IS, lambda left, match: _stated(left, match[1])),
    (_NAGIOS, lambda left, match: _stated(left, match[1])),
    (_BRACKET, _bracketed),
    (_SET_APART, _apart),
)
"""What may stand before a title, as `_head` takes it off; None: that is no such piece."""
