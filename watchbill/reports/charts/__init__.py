"""Pictures of a report, each with one question. They show numbers and make none, but for counting pages by
the hour.
"""

from watchbill.reports.charts.alt import Chart, alt, shows
from watchbill.reports.charts.drawing import draw, sheet
from watchbill.reports.charts.rendering import Form

__all__ = ["Chart", "Form", "alt", "draw", "sheet", "shows"]
