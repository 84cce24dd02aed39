"""What looks at the rows that are due: the clock of every worker, and the signs that it is well."""
