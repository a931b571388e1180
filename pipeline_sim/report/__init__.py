"""Figures and words made from results."""
