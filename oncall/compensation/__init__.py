"""What people are owed for being on call."""
