"""What the pages of pay ask a person, and whom they let."""
