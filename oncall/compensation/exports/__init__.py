"""Statements as files: what each of them says, and how CSV, JSON, a workbook and a page on paper say it."""
