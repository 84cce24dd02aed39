"""What who goes off tells who comes on: the note of a handoff, and the confirmation that it was read."""
