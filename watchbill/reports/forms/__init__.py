"""What the admin of pager load asks."""
