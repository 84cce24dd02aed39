"""What people were called out for, as they and those who approve it are shown it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import DateField, QuerySet
from django.db.models.functions import Coalesce, TruncMonth

from oncall.compensation.core.callouts import Engagement, limited
from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.terms import CallOuts
from oncall.compensation.models import Correction
from oncall.compensation.reckoning import Owed, reckoned
from oncall.compensation.selectors import seen
from paging.selectors import causes_of
from people.models import User

INCIDENT = "incident:"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What kept somebody: one engagement, the incidents it was about, and what is asked for about it."""

    engagement: Engagement
    incidents: tuple[int, ...]
    asked: Correction | None = None

    @property
    def page(self) -> int | None:
        """By which a correction finds it; None where nobody was paged."""
        return self.engagement.pages[0] if self.engagement.pages else None

    @property
    def minutes(self) -> int:
        return int((self.engagement.span.end - self.engagement.span.start).total_seconds() // 60)


@dataclass(frozen=True, kw_only=True)
class CalledOut:
    """Engagements that count as one, with the line of pay; or one that counts for nothing (`line` None), and
    `why`.
    """

    kept: tuple[Kept, ...]
    line: Line | None
    why: str = ""

    @property
    def start(self) -> datetime:
        return self.kept[0].engagement.span.start

    @property
    def end(self) -> datetime:
        return max(one.engagement.span.end for one in self.kept)


def called_out(
    user_ids: Collection[int], *, since: date, until: date, now: datetime
) -> dict[int, list[CalledOut]]:
    """By person, the latest first, from the midnight of `since` to that of `until`, by their own clock."""
    owed = reckoned(user_ids, since=since, until=until, now=now)
    kept = {user: _counted(one) for user, one in owed.items()}
    about = causes_of({page for each in kept.values() for one in each for page in one.pages})
    asked = _asked(user_ids)
    found = {}
    for user, each in kept.items():
        shown = [_kept(one, about, asked.get(user, {})) for one in each]
        found[user] = sorted(_grouped(shown, owed[user]), key=lambda one: one.start, reverse=True)
    return found


def corrections_seen(viewer: User) -> QuerySet[Correction]:
    """One's own, and those of the people whose pay one may see, or might in the month that it is about; the
    latest first.
    """
    about = Coalesce("start", "about_at", "asked_at")  # as `actions.corrections.month_of` has it
    dated = Correction.objects.annotate(month=TruncMonth(about, tzinfo=UTC, output_field=DateField()))
    rows = dated.filter(seen(viewer))
    return rows.select_related("user", "asked_by", "decided_by").order_by("-pk")


def to_decide(viewer: User) -> QuerySet[Correction]:
    """Those that wait for a decision which `viewer` may take; the oldest first."""
    waiting = corrections_seen(viewer).filter(state=Correction.State.ASKED)
    return waiting.exclude(user=viewer).exclude(asked_by=viewer).order_by("pk")


def _counted(one: Owed) -> list[Engagement]:
    """Those of the time asked for, each for as long as its plan lets it count."""
    whole = one.staged.whole
    found = []
    for each in one.engagements:
        stage = next((s for s in one.staged.stages if s.span.start <= each.span.start < s.span.end), None)
        rules = stage.terms.call_outs if stage and stage.terms.call_outs else CallOuts()
        found += limited([each], rules.longest)
    return [each for each in found if whole.start <= each.span.start < whole.end]


def _asked(user_ids: Collection[int]) -> Mapping[int, Mapping[int, Correction]]:
    found: dict[int, dict[int, Correction]] = defaultdict(dict)
    rows = Correction.objects.filter(user__in=user_ids, state=Correction.State.ASKED)
    for row in rows.select_related("user", "asked_by"):
        if row.page is not None:
            found[row.user_id][row.page] = row
    return found


def _kept(one: Engagement, about: Mapping[int, str], asked: Mapping[int, Correction]) -> Kept:
    causes = dict.fromkeys(about[page] for page in one.pages if page in about)
    incidents = tuple(int(cause.removeprefix(INCIDENT)) for cause in causes if cause.startswith(INCIDENT))
    return Kept(engagement=one, incidents=incidents, asked=asked.get(one.pages[0]) if one.pages else None)


def _grouped(kept: Sequence[Kept], owed: Owed) -> list[CalledOut]:
    lines = [line for line in owed.statement.lines if line.kind is Kind.CALL_OUT]
    of_line: dict[int, list[Kept]] = defaultdict(list)
    found = []
    for one in kept:
        place = next((n for n, line in enumerate(lines) if _is_of(one.engagement, line)), None)
        if place is None:
            found.append(CalledOut(kept=(one,), line=None, why=_why_not(one, owed)))
        else:
            of_line[place].append(one)
    for place, each in of_line.items():
        each.sort(key=lambda one: one.engagement.span)
        found.append(CalledOut(kept=tuple(each), line=lines[place]))
    return found


def _is_of(one: Engagement, line: Line) -> bool:
    within = line.span.start <= one.span.start <= line.span.end
    return within and set(one.pages) <= set(line.pages)


def _why_not(one: Kept, owed: Owed) -> str:
    at = one.engagement.span.start
    stage = next((stage for stage in owed.staged.stages if stage.span.start <= at < stage.span.end), None)
    if stage is None:
        return "no plan paid then"
    return "in working hours" if stage.terms.call_outs else f"{stage.terms.plan} pays no call-outs"
