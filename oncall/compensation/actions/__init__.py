"""The verbs of pay. Each writes the ledger in the same transaction."""
