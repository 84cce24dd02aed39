"""Verbs of reports: the only writers of their rows."""
