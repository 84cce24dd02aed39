"""All writes of pay: plans, statements, adjustments, disputes, time in lieu."""
