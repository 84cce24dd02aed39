"""The versions of pay plans, as the values that pay is reckoned by."""

from dataclasses import dataclass
from datetime import date

from oncall.compensation.core.reading import read_terms
from oncall.compensation.core.terms import Terms
from oncall.compensation.currencies import smallest
from oncall.compensation.models import PlanVersion

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a plan, in force from `first` until `end`, by each person's own clock."""

    id: int
    plan: int
    terms: Terms
    first: date
    end: date


def plan_versions() -> dict[int, Version]:
    """Every version of every plan, by id, in one query."""
    rows = list(PlanVersion.objects.select_related("plan"))
    rows.sort(key=lambda row: (row.plan_id, row.effective_from or FIRST_DAY))
    found = {}
    for row, after in zip(rows, [*rows[1:], None], strict=False):
        end = row.effective_until or LAST_DAY
        if after is not None and after.plan_id == row.plan_id:
            end = min(end, after.effective_from or FIRST_DAY)
        first = row.effective_from or FIRST_DAY
        found[row.pk] = Version(id=row.pk, plan=row.plan_id, terms=terms_of(row), first=first, end=end)
    return found


def terms_of(row: PlanVersion) -> Terms:
    """Raises DefinitionFaults, where the row holds what no plan can say."""
    plan = row.plan
    return read_terms(row.terms, plan=plan.name, currency=plan.currency, unit=smallest(plan.currency))
