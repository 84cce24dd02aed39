"""Shares, as they are written."""

from django import template

register = template.Library()


@register.filter
def of(part: int, whole: int) -> str:
    """“97.5 %” of the whole; “-” where there is no whole."""
    return f"{part / whole:.1%}".replace("%", " %") if whole else "-"
