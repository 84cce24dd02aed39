"""How many messages one address takes, and when it takes the next.

Counted from what left, so that they hold in every worker and after every restart. A window is half-open:
what left exactly its length ago is no longer in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Rule:
    """At most `count` in any window of `per`. A `smooth` one takes what the rule before it allows at once,
    and spreads the rest evenly over the rest of its window (as GoAlert does).
    """

    count: int
    per: timedelta
    smooth: bool = False


Rules = tuple[Rule, ...]  # the shortest window first

SMS: Rules = (
    Rule(1, MINUTE),
    Rule(5, 15 * MINUTE),
    Rule(11, HOUR, smooth=True),
    Rule(21, 3 * HOUR, smooth=True),
)
VOICE: Rules = (
    Rule(1, MINUTE),
    Rule(3, 15 * MINUTE),
    Rule(7, HOUR, smooth=True),
    Rule(15, 3 * HOUR, smooth=True),
)
NOTICES: Rules = (Rule(1, 3 * MINUTE), Rule(3, 20 * MINUTE), Rule(8, 120 * MINUTE, smooth=True))
ONE_SERVICE: Rules = (Rule(1, MINUTE),)
"""What a first page waits for, and nothing longer: a message to the same address that has just spoken of the
same service. Without it a storm that trickles in would be a message for each of its alerts."""

OF_KIND: dict[str, Rules] = {"sms": SMS, "voice": VOICE}
"""Any other kind has none: mail, chat and webhooks ring nobody out of bed one by one, and may not be late."""

LONGEST = 3 * HOUR


@dataclass(frozen=True)
class Sent:
    """A message to the address, about `service`; `at` is now for one that is on its way."""

    at: datetime
    service: str = ""
    notice: bool = False


@dataclass(frozen=True)
class Opening:
    """When the address takes the next message. `rule` is the one that says so, None where it takes it now."""

    at: datetime
    rule: Rule | None = None


def opening(kind: str, sent: Iterable[Sent], *, notice: bool, now: datetime) -> Opening:
    """When an address of this kind takes the next message: at `now` or later, never later than needed.

    A page waits for pages only; a notice waits for all, and for limits of its own.
    """
    rules = OF_KIND.get(kind, ())
    if not rules:
        return Opening(now)
    sent = list(sent)
    if not notice:
        return next_opening([(rules, [one.at for one in sent if not one.notice])], now=now)
    everything = [one.at for one in sent]
    return next_opening([(rules, everything), (NOTICES, [one.at for one in sent if one.notice])], now=now)


def next_opening(limits: Sequence[tuple[Rules, Sequence[datetime]]], *, now: datetime) -> Opening:
    """The first instant from `now` on at which all `limits` (rules, and what counts for them) are kept."""
    found = Opening(now)
    while True:
        later = [
            Opening(opens, rule)
            for rules, sent in limits
            for before, rule in zip((None, *rules), rules, strict=False)
            if (opens := _opens(rule, before, sent, found.at)) > found.at
        ]
        if not later:
            return found
        found = max(later, key=lambda one: one.at)


def _opens(rule: Rule, before: Rule | None, sent: Sequence[datetime], at: datetime) -> datetime:
    """`at`, or the instant before which this rule opens in no case."""
    window = sorted(one for one in sent if one > at - rule.per)
    if len(window) >= rule.count:
        return window[len(window) - rule.count] + rule.per
    if not (rule.smooth and window):
        return at
    count, per = (before.count, before.per) if before else (0, timedelta(0))
    if len(window) < count:
        return at
    step = (rule.per - per) / (rule.count - count)
    return max(at, window[0] + per + (len(window) - count) * step)


def in_words(kind: str, rule: Rule) -> str:
    """“at most 5 SMS in 15 min to one number”."""
    what = {"sms": "SMS", "voice": "calls"}.get(kind, "messages")
    if rule.count == 1:
        what = what.removesuffix("s")
    return f"at most {rule.count} {what} in {_span(rule.per)} to one number"


def _span(span: timedelta) -> str:
    minutes = round(span / MINUTE)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
