"""What rules come to: a trial's would-be pages and their forecast, and what their owners are told."""
