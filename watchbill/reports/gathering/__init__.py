"""What a report is made of, read from the floors below through what they show."""

from watchbill.reports.gathering.crew import Crew, crews
from watchbill.reports.gathering.gather import Gathered, Interrupted, Seen, gather
from watchbill.reports.gathering.scope import A_DAY, FAR, Scope

__all__ = ["A_DAY", "FAR", "Crew", "Gathered", "Interrupted", "Scope", "Seen", "crews", "gather"]
