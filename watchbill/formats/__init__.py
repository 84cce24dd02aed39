"""How times are written: ISO dates and a 24-hour clock, so that nobody at 3 a.m. wonders about a.m."""
