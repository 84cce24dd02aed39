"""The pager-load report: which shifts were noisy, what made them so, and what to do about it."""
