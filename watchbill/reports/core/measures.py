"""What each threshold measures, in words: for whoever sets it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """`of` is what the two numbers count, “of one” for a share. Why the usual ones are what they are stands
    in docs/pager-load.md.
    """

    label: str
    meaning: str
    of: str


MEASURES: Mapping[str, Measure] = {
    "incidents_per_12_hours": Measure(
        "Incidents in 12 hours", "Different incidents somebody was paged about, for each 12 hours on call.",
        "incidents",
    ),
    "over_budget": Measure(
        "Pages over the budget", "Pages of one shift, in budgets: 2 is twice the team's pages per shift.",
        "budgets",
    ),
    "sleep_interruptions": Measure(
        "Interruptions in sleep hours", "Between 22:00 and 8:00 by their own clock, in any seven nights.",
        "interruptions",
    ),
    "in_one_night": Measure(
        "Interruptions in one night", "In the night of the shift that had most.", "interruptions"
    ),
    "not_actionable": Measure(
        "Nothing to do", "Of the labelled incidents, those that were noise or a duplicate.",
        "of one",
    ),
    "self_resolved": Measure(
        "Over by themselves", "Of the incidents, those that ended within 5 minutes and nobody acknowledged.",
        "of one",
    ),
    "one_key": Measure("One alert", "The part of the pages that the noisiest one had.", "of one"),
    "short_rests": Measure(
        "Rests cut short", "Nights after which the next work began before 11 hours of rest were over.",
        "nights",
    ),
    "escalated": Measure(
        "Unanswered", "Of the incidents, those that went on to the next step since nobody had answered.",
        "of one",
    ),
    "shifts_over_budget": Measure(
        "Shifts over the budget", "Of the team's shifts of 90 days, those with more pages than the budget.",
        "of one",
    ),
    "on_call_share": Measure(
        "Time on call", "The part of all hours of 28 days that somebody is on call, for any team.",
        "of one",
    ),
    "uneven_sleep": Measure(
        "Uneven nights", "How often somebody is woken, over what would be their fair part of it.",
        "times what is fair",
    ),
    "labels_needed": Measure(
        "Labels needed", "With fewer labelled incidents, nothing is said about how many needed no action.",
        "incidents",
    ),
    "pages_needed": Measure(
        "Pages needed", "With fewer pages, nothing is said about one alert's part of them.", "pages"
    ),
}  # fmt: skip
