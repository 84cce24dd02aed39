"""What each threshold measures, in words: for whoever sets it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """`of` is what the two numbers count; `source` where the usual ones come from."""

    label: str
    meaning: str
    of: str
    source: str = "a choice of Watchbill"


SRE = "Google's SRE books"
MEASURES: Mapping[str, Measure] = {
    "incidents_per_12_hours": Measure(
        "Incidents in 12 hours", "Different incidents somebody was paged about, for each 12 hours on call.",
        "incidents, over", f"{SRE}: two in a shift of 12 hours",
    ),
    "over_budget": Measure(
        "Pages over the budget", "Pages of one shift, in budgets: 2 is twice the team's pages per shift.",
        "budgets, over", f"{SRE}: two in a shift",
    ),
    "sleep_interruptions": Measure(
        "Interruptions in sleep hours", "Between 22:00 and 8:00 by their own clock, in any seven nights.",
        "interruptions, from",
    ),
    "in_one_night": Measure(
        "Interruptions in one night", "In the night of the shift that had most.", "interruptions, from"
    ),
    "not_actionable": Measure(
        "Nothing to do", "Of the labelled incidents, those that were noise or a duplicate.",
        "part of one, over",
    ),
    "self_resolved": Measure(
        "Over by themselves", "Of the incidents, those that ended within 5 minutes and nobody acknowledged.",
        "part of one, over",
    ),
    "one_key": Measure("One alert", "The part of the pages that the noisiest one had.", "part of one, over"),
    "short_rests": Measure(
        "Rests cut short", "Nights after which the next work began before 11 hours of rest were over.",
        "nights, from", "directive 2003/88/EC: 11 hours",
    ),
    "escalated": Measure(
        "Unanswered", "Of the incidents, those that went on to the next step since nobody had answered.",
        "part of one, over",
    ),
    "shifts_over_budget": Measure(
        "Shifts over the budget", "Of the team's shifts of 90 days, those with more pages than the budget.",
        "part of one, over",
    ),
    "on_call_share": Measure(
        "Time on call", "The part of all hours of 28 days that one person is on call.",
        "part of one, over", f"{SRE}: a quarter of one's time",
    ),
    "uneven_sleep": Measure(
        "Uneven nights", "How often somebody is woken, over what would be their fair part of it.",
        "times what is fair, over",
    ),
    "labels_needed": Measure(
        "Labels needed", "With fewer labelled incidents, nothing is said about how many needed no action.",
        "incidents",
    ),
    "pages_needed": Measure(
        "Pages needed", "With fewer pages, nothing is said about one alert's part of them.", "pages"
    ),
}  # fmt: skip
