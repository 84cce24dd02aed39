"""Pager load over HTTP. What of a report somebody sees: `watchbill.reports.seen`."""
