"""What keeps alerts quiet at an instant: asked when they come, and by whoever plans ahead."""
