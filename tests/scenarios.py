"""Scenarios the engine tests run: variants of ``teaching`` made by editing its values."""

from __future__ import annotations

from pipeline_sim.scenario.definition import Scenario
from pipeline_sim.scenario.load import load_scenario

WITHOUT_CHANCE: dict[str, object] = {
    "route_years:repeat": 0,
    "route_years:leave": 0,
    "routes:applies_for_foundation": 1,
    "foundation.withdrawal": 0,
    "foundation.f1_extension": 0,
    "foundation.f2_extension": 0,
    "foundation.f1_release": 0,
    "foundation.f2_release": 0,
    "programmes:resignation": 0,
    "programmes:development": 0,
    "programmes:extra_time": 0,
    "programmes:release": 0,
    "programmes:ltft_share": 0,
    "programmes:appointable_z": -10,
    "programmes:interviews_per_post": 0,
    "after_f2.apply:share": 1,
    "after_f2.locally_employed:share": 0,
    "after_f2.abroad:share": 0,
    "after_f2.teaching_research:share": 0,
    "after_f2.break:share": 0,
    "after_f2.leave:share": 0,
    "outside:apply": 1,
    "outside:leave": 0,
    "outside:to_sas": 0,
    "outside:to_locally_employed": 0,
    "rounds.decline": 0,
    "rounds.no_response": 0,
    "rounds.withdraw_before_start": 0,
    "rounds.readvert_reapplies": 0,
    "rounds.february_reapplies": 0,
    "stock.off_cycle_share": 0,
    "programmes:uk_share": 1,
    "arrivals:people": 0,
    "outside_stock:people": 0,
    "exits:leave": 0,
    "practice.reduce_hours_gp": 0,
    "practice.reduce_hours_consultant": 0,
    "practice.reduce_hours_sas": 0,
    "practice.portfolio": 0,
    "practice.sas_applies": 0,
}


def teaching(**edits: object) -> Scenario:
    """The teaching base with values changed; ``__`` in a keyword stands for a dot."""
    return load_scenario("teaching").with_values({k.replace("__", "."): v for k, v in edits.items()})


def ladder(gp_posts: int, gp_stock: int) -> Scenario:
    """A hand-computable variant: no chance, one route of 100 students a year, everybody chooses GP.

    100 students in each year of a five-year course, 100 foundation doctors a year, ``gp_stock`` GP
    trainees in each of three levels, ``gp_posts`` posts, and everyone finishes each August.
    """
    return load_scenario("teaching").with_values(
        WITHOUT_CHANCE
        | {
            "intake.standard:students": 100,
            "intake.graduate_entry:students": 0,
            "student_stock.standard:students": 100,
            "student_stock.graduate_entry:students": 0,
            "foundation_places.main:places": 100,
            "foundation_places.priority:places": 0,
            "foundation_places.specialised:places": 0,
            "specialty_taste.uk_graduate.core_medicine:weight": 0,
            "trainee_stock.foundation:trainees": 100,
            "trainee_stock.general_practice:trainees": gp_stock,
            "trainee_stock.core_medicine:trainees": 0,
            "trainee_stock.cardiology:trainees": 0,
            "posts.general_practice:posts": gp_posts,
            "workforce_stock.gp:doctors": 4000,
        }
    )
