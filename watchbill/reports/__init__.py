"""Reports look at every floor through selectors and write only rows of their own."""
