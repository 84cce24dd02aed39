"""A fair plan for a stretch of time, as a puzzle of plain numbers: what may be, and what is better."""
