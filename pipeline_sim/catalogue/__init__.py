"""Bundled scenarios: one folder each, a base.toml and its tables. Data, no code."""
