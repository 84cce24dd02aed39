"""What whoever ended an incident says of it, with one tap: was there anything to do?"""

from enum import StrEnum


class Label(StrEnum):
    ACTED = "acted"
    """Somebody had to do something."""
    NOISE = "noise"
    DUPLICATE = "duplicate"
    """There was something to do, and another incident had said so."""
    UNCLEAR = "unclear"


NOT_ACTIONABLE = frozenset({Label.NOISE, Label.DUPLICATE})

IN_WORDS = {
    Label.ACTED: "somebody had to act",
    Label.NOISE: "noise",
    Label.DUPLICATE: "a duplicate",
    Label.UNCLEAR: "unclear",
}
BUTTONS = {Label.ACTED: "Acted", Label.NOISE: "Noise", Label.DUPLICATE: "Duplicate", Label.UNCLEAR: "Unclear"}
"""What stands on the four buttons under “Was there anything to do?”."""
