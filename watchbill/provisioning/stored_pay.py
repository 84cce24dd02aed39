"""Pay plans as the database holds them, in the document's words."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import Prefetch

from oncall.compensation.models import Assignment, CompanyDay, PayBudget, PlanVersion
from watchbill.provisioning.models import KeptPart
from watchbill.provisioning.pay_terms import number, spelled

PAY_PLANS = "pay_plans"


def plans(names: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """Every version of every plan that is not retired, with those whom it pays until it ends, by name."""
    paid = Assignment.objects.filter(until=None).select_related("team").order_by("pk")
    rows = PlanVersion.objects.filter(plan__retired_at=None).select_related("plan")
    versions = list(rows.prefetch_related(Prefetch("assignments", paid)))
    for version in sorted(versions, key=lambda row: (row.plan_id, row.effective_from or date.min)):
        paid_by = list(version.assignments.all())
        yield {
            "name": version.plan.name,
            "currency": version.plan.currency,
            "effective_from": _day(version.effective_from),
            "effective_until": _day(version.effective_until),
            "people": sorted(names[one.user_id] for one in paid_by if one.user_id is not None),
            "teams": sorted(one.team.name for one in paid_by if one.team is not None),
            "places": sorted(one.place for one in paid_by if one.place),
            **spelled(version.terms),
        }


def company_days() -> Iterator[dict[str, Any]]:
    for day in CompanyDay.objects.order_by("date", "calendar"):
        hours = {"start": f"{day.start:%H:%M}", "end": f"{day.end:%H:%M}"}
        said = {"name": day.name, "calendar": day.calendar, "worked": day.worked}
        yield {"date": day.date.isoformat(), **said, **hours}


def budget(row: PayBudget) -> dict[str, Any]:
    amount = number(f"{row.amount.normalize():f}")
    return {"since": row.since.isoformat(), "amount": amount, "currency": row.currency}


def kept() -> list[tuple[str, dict[str, Any]]]:
    """Those of a document that was applied before anything paid by them, by name."""
    rows = KeptPart.objects.filter(section=PAY_PLANS).order_by("pk")
    return list(rows.values_list("name", "body"))


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
