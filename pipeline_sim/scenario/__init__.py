"""Scenarios: tables, validation, and the blueprint an engine reads."""
