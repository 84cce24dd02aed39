"""Who watches the watcher: how late rows are, whether clocks agree, what is unwell, and who is told of it."""
