"""A report as mail, text, CSV and JSON. Nothing is counted here."""
