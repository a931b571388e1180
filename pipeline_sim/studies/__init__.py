"""Runs and replications."""
