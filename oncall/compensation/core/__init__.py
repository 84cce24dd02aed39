"""Pay as plain values: exact fractions until a line is rounded, once."""
