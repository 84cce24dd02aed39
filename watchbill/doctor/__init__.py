"""What would fail tonight, said while there is still time. It informs and never blocks."""
