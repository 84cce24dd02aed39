"""Schedules as people fill them in, and back: a line of text for what a document writes as lists."""
