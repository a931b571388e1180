"""Supervisors: how many slots the trained workforce gives, and how crowded they are."""

from __future__ import annotations

from pipeline_sim.compiling import rule


@rule
def own_units(consultant_wte, gp_wte, sas_wte, per_consultant, per_gp, per_sas, fixed):
    """Units of supervision of a group in a region.

    WTE are in percent; ``per_*`` are units one whole-time doctor gives; ``fixed`` comes from elsewhere.
    """
    return (consultant_wte * per_consultant + gp_wte * per_gp + sas_wte * per_sas) // 100 + fixed


@rule
def foundation_units(units, share_percent):
    """The part of a group's units pledged to foundation doctors."""
    return units * share_percent // 100


@rule
def crowding_percent(in_use, capacity):
    """How far supervision is over capacity, in whole percent (0 when within it)."""
    if capacity <= 0:
        return 100 if in_use > 0 else 0
    return max(0, 100 * in_use // capacity - 100)
