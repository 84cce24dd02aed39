"""From what on a shift is amber or red to a team, as far as that is not the usual."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator

from watchbill.provisioning.document.words import Part
from watchbill.reports.core.thresholds import plain, read_pair


def _pair(value: Any) -> Sequence[Fraction]:
    return read_pair(value)


def _parts_of_one(value: Any) -> Sequence[Fraction]:
    return read_pair(value, share=True)


def _spelled(pair: Sequence[Fraction]) -> list[int | float | str]:
    return [plain(one) for one in pair]


Pair = Annotated[Sequence[Fraction], PlainValidator(_pair), PlainSerializer(_spelled)]
Parts = Annotated[Sequence[Fraction], PlainValidator(_parts_of_one), PlainSerializer(_spelled)]
Count = Annotated[int, Field(ge=1, le=1000)]


class Thresholds(Part):
    """Each is amber and red, by the names of `watchbill.reports.core.thresholds`; parts are of one."""

    incidents_per_12_hours: Pair | None = None
    over_budget: Pair | None = None
    sleep_interruptions: Pair | None = None
    in_one_night: Pair | None = None
    not_actionable: Parts | None = None
    self_resolved: Parts | None = None
    one_key: Parts | None = None
    short_rests: Pair | None = None
    escalated: Parts | None = None
    shifts_over_budget: Parts | None = None
    on_call_share: Parts | None = None
    uneven_sleep: Pair | None = None
    labels_needed: Count | None = None
    pages_needed: Count | None = None
