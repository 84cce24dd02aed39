"""What solves the puzzle of a fair plan."""
