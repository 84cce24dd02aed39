"""Carries a plan out by the verbs of each floor, one module a floor."""
