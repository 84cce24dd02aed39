"""Policies and services as people fill them in."""
