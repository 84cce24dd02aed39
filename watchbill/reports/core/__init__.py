"""What a report counts and says, as plain values."""
