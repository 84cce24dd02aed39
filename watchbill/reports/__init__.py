"""The room of reports, empty so far: they will read every floor and write only rows of their own."""
