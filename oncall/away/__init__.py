"""A person's own calendar somewhere else: fetched with care, read into the times they are away."""
