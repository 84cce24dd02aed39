"""An alert that comes and goes, and comes again."""

from datetime import timedelta

WITHIN = timedelta(hours=24)
FROM = 3
"""So many times within that are flapping."""


def is_flapping(episodes: int) -> bool:
    return episodes >= FROM


def in_words(episodes: int) -> str:
    """“flapping: 4th time in 24 h”; nothing where it is not."""
    return f"flapping: {_ordinal(episodes)} time in 24 h" if is_flapping(episodes) else ""


def _ordinal(number: int) -> str:
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
