"""Rows to the values that pay is reckoned from, in a fixed number of queries for any number of people."""
