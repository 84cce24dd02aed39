"""When a step pages: at which severities, and in or outside of the service's support hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from escalation.core.support_hours import SupportHours


class Hours(StrEnum):
    ANY = ""
    SUPPORT = "support"
    """While the service's support hours are."""
    OUTSIDE = "outside"
    """While they are not."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Of no `severities`, any will do. A word that a later version wrote is none: it pages."""

    severities: tuple[str, ...] = ()
    hours: Hours = Hours.ANY

    def why_not(self, severity: str, *, support: SupportHours | None, at: datetime) -> str:
        """Why it does not hold; empty where it does. Where a service has no support hours, nobody said which
        hours are which, and it holds at any.
        """
        if self.severities and severity not in self.severities:
            return f"it pages at {_listed(self.severities)}, and this is {severity}"
        if not self.hours or support is None or support.open_at(at) == (self.hours is Hours.SUPPORT):
            return ""
        if self.hours is Hours.SUPPORT:
            return "it pages in support hours, and these are none"
        return "it pages outside support hours, and these are support hours"

    def to_json(self) -> dict[str, Any]:
        """In the document's words; what is not asked is left out."""
        said = {"severity": list(self.severities), "hours": str(self.hours)}
        return {name: value for name, value in said.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Condition":
        hours = stored.get("hours", "")
        return cls(
            severities=tuple(stored.get("severity", ())),
            hours=Hours(hours) if hours in set(Hours) else Hours.ANY,
        )


ALWAYS = Condition()


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
