"""What was gathered, counted and said. Every number of a report comes from here."""

from watchbill.reports.making.make import make

__all__ = ["make"]
