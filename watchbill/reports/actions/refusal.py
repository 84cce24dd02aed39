"""Saying no to whoever writes what belongs to reports."""


class Refused(ValueError):
    """It cannot be done. The text says in sentences what is wrong, and what to write instead."""
