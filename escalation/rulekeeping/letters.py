"""What owners read about their rules. Times are on their clock, a page's on the clock of who is paged."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.text import capfirst

from escalation.core.forecast import span
from escalation.core.incident import Status
from escalation.core.matching import spelled
from escalation.models import AlertRule, Incident, TrialPage
from escalation.rulekeeping.outlook import Outlook
from paging.core.notice import Notice

MOST_PAGES = 20
WAYS = "On its page you can end it now, extend it, or turn it into a suppress rule."


def ends_soon(rule: AlertRule) -> Notice:
    return _notice(
        rule,
        f"{_named(rule)} ends {_moment(rule.ends_at, rule)}: {spelled(rule.match)} pages from then on",
        [_so_far(rule), "Let it end, or extend it on its page."],
        label="Extend it",
    )


def over(rule: AlertRule, found: Outlook | None) -> Notice:
    """`found`: of a trial, what it has shown."""
    early = rule.ended_at is not None and rule.ended_at < rule.ends_at
    ended = f"was ended {_moment(rule.ended_at or rule.ends_at, rule)}" if early else "is over"
    lines = [_so_far(rule), _still_open(rule)]
    if found is not None:
        lines = [found.verdict, *found.forecast, *_pages(found), *lines]
    return _notice(rule, f"{_named(rule)} {ended}: {spelled(rule.match)} pages again", lines)


def left(rule: AlertRule) -> Notice:
    """To the managers of the team."""
    return _notice(
        rule,
        f"{_named(rule)} has ended: {rule.owner}, who answered for it, has left",
        [
            f"{spelled(rule.match)} pages again.",
            _still_open(rule),
            "Whoever wants it quiet again makes a new rule, and answers for it.",
        ],
    )


def morning(rule: AlertRule, found: Outlook) -> Notice:
    """To the author of a trial, each day."""
    pages = found.count
    said = f"{_counted(pages, 'would-be page')} in {span(found.looked)}"
    asleep = f", {found.asleep} in sleep hours" if found.asleep else ""
    lines = [
        f"It kept {_counted(found.incidents, 'incident')} quiet."
        if found.incidents
        else "Nothing has matched it so far.",
        *found.forecast,
        *_pages(found),
        f"The trial ends {_moment(rule.ends_at, rule)}; from then on these alerts page. {WAYS}",
    ]
    if found.waiting:
        lines.insert(1, f"The pages of {_counted(found.waiting, 'alert')} are not reckoned yet.")
    return _notice(rule, f"{_named(rule)}: {said}{asleep}", lines)


def _pages(found: Outlook) -> list[str]:
    """A line each, those that wake somebody first."""
    shown = [_page(one) for one in found.pages[:MOST_PAGES]]
    more = found.count - len(shown)
    return [*shown, *([f"And {more} more."] if more > 0 else [])]


def _page(page: TrialPage) -> str:
    zone = ZoneInfo(page.user.time_zone)
    asleep = ", in sleep hours" if page.asleep else ""
    carries = f", {page.role} of {page.schedule.name}" if page.schedule else ""
    at = f"{page.at.astimezone(zone):%a %d %b %H:%M} ({zone})"
    return f"{at}{asleep}: {page.user}{carries}: {page.match.alert}"


def _so_far(rule: AlertRule) -> str:
    count = rule.matches.count()
    last = rule.matches.order_by("-last_at").first()
    if last is None:
        return "It has kept nothing quiet: no such alert came."
    return f"It kept {_counted(count, 'alert')} quiet, the last one {_moment(last.last_at, rule)}."


def _still_open(rule: AlertRule) -> str:
    rows = Incident.objects.filter(alerts__rule_matches__rule=rule, status=Status.TRIGGERED)
    count = rows.exclude(quiet_until__gt=rule.ended_at or rule.ends_at).distinct().count()
    return f"{_counted(count, 'of them is', 'of them are')} open and page now." if count else "None is open."


def _notice(rule: AlertRule, title: str, lines: Sequence[str], *, label: str = "See the rule") -> Notice:
    return Notice(title=capfirst(title), lines=tuple(lines), path=f"/rules/{rule.pk}", label=label)


def _named(rule: AlertRule) -> str:
    return f"{rule} of {rule.service.name}"


def _moment(at: datetime, rule: AlertRule) -> str:
    zone = ZoneInfo(rule.owner.time_zone)
    return f"{at.astimezone(zone):%a %d %b %H:%M} ({zone})"


def _counted(number: int, noun: str, many: str = "") -> str:
    return f"{number} {noun if number == 1 else many or f'{noun}s'}"
