"""Engines: who is due, who waits, who holds what."""
