"""The same doctors in two runs: counted by hand, and the other way round with the runs exchanged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_examples import example_log, overseas, small_blueprint, student

from pipeline_sim.identity import IdentityKind, person_identity
from pipeline_sim.studies.reducing import Certified, KpiGrid, ReducedRun, first_certificates, reduce_run
from pipeline_sim.studies.same_doctors import ALL, COUNTS, compare_people

EMPTY = KpiGrid((), (2025,), np.zeros((0, 1)), frozenset())
Cct = tuple[int, int, str, str]  # person, month, programme, region


def run_of(*ccts: Cct, also: tuple[int, ...] = (), in_training: tuple[int, ...] = ()) -> ReducedRun:
    """A run with these certificates, and others who are in it without one."""
    rows = sorted(ccts)
    columns = [np.array([row[at] for row in rows]) for at in range(4)] if rows else [np.zeros(0, int)] * 2
    if not rows:
        columns += [np.zeros(0, dtype=str)] * 2
    everyone = sorted({*(row[0] for row in rows), *also, *in_training})
    held = np.array(sorted(in_training), dtype=np.int64)
    return ReducedRun(EMPTY, {}, Certified(*columns), np.array(everyone, dtype=np.int64), held, 0)


def counts(base: ReducedRun, policy: ReducedRun, by: str = ALL, group: str = ALL) -> dict[str, int]:
    found = compare_people(base, policy)[by, group]
    return dict(zip(COUNTS, found.tolist(), strict=True))


def test_each_way_of_faring_is_counted_once() -> None:
    ann, bob, cat, dan, eve, fay = (student(n) for n in range(1, 7))
    gus = overseas(7)
    base = run_of(
        (ann, 20, "gp", "north"), (bob, 30, "gp", "north"), (cat, 40, "gp", "south"), (dan, 9, "gp", "north"),
        (gus, 12, "gp", "north"), also=(ann,), in_training=(fay,),
    )  # fmt: skip
    policy = run_of(
        (ann, 14, "gp", "north"), (bob, 33, "cardiology", "north"), (cat, 40, "gp", "north"),
        (eve, 50, "gp", "south"), (fay, 51, "cardiology", "south"), in_training=(dan,),
    )  # fmt: skip
    assert counts(base, policy) == {
        "certified_without": 5, "certified_with": 5, "earlier": 1, "later": 1, "same_month": 1,
        "only_with": 2, "only_with_new": 1, "only_with_in_training": 1,
        "only_without": 2, "only_without_absent": 1, "only_without_in_training": 1,
        "other_programme": 1, "other_region": 1, "months": 3,
    }  # fmt: skip
    assert counts(base, policy, "way_in", "overseas_graduates")["only_without"] == 1
    assert counts(base, policy, "way_in", "uk_graduates")["only_without"] == 1
    assert counts(base, policy, "programme", "gp")["later"] == 1, "Bob counts where he is without the policy"
    assert counts(base, policy, "programme", "cardiology")["only_with"] == 1
    assert counts(base, policy, "region", "south")["only_with"] == 2


def test_nobody_with_a_certificate_is_no_trouble() -> None:
    assert set(counts(run_of(), run_of()).values()) == {0}
    assert list(compare_people(run_of(), run_of())) == [(ALL, ALL)]


def test_of_several_certificates_the_first_counts() -> None:
    frame = pd.DataFrame(
        {
            "person": [student(1), student(1), student(2)],
            "month": [20, 9, 30],
            "kind": ["cct", "cct", "portfolio"],
            "programme": ["gp", "cardiology", "gp"],
            "region": ["north", "south", "north"],
        }
    )
    found = first_certificates(frame)
    assert found.month.tolist() == [9]
    assert found.programme.tolist() == ["cardiology"]


def test_a_run_is_reduced_to_what_happened_in_it() -> None:
    """Bob (month 33) and Cat (month 6) have a CCT; Ann is a foundation doctor when the run ends."""
    run = reduce_run(example_log(), small_blueprint())
    bob, cat, ann = student(2, month=0), overseas(1), student(1)
    assert run.certified.person.tolist() == sorted([bob, cat])
    assert dict(zip(run.certified.person.tolist(), run.certified.month.tolist(), strict=True)) == {
        bob: 33,
        cat: 6,
    }
    assert run.everyone.tolist() == sorted([ann, bob, cat])
    assert run.in_training.tolist() == []
    assert run.waits[2027, "supervisor", "cardiology", "south"] == 3
    assert sum(run.waits.values()) == 16
    ccts = run.kpis.values[run.kpis.names.index("ccts")]
    assert ccts.tolist() == [1, 0, 1]
    assert "ccts" in run.kpis.counts
    assert "fill_rate" not in run.kpis.counts
    assert all(name.count("=") <= 1 for name in run.kpis.names)


ccts = st.builds(
    lambda kind, ordinal, month, programme, region: (
        int(person_identity(kind, 1, 0, 0, ordinal)), month, programme, region,
    ),
    st.sampled_from(IdentityKind),
    st.integers(0, 9),
    st.integers(0, 60),
    st.sampled_from(["gp", "cardiology"]),
    st.sampled_from(["north", "south"]),
)  # fmt: skip
runs = st.builds(
    lambda rows, present, held: run_of(
        *{row[0]: row for row in rows}.values(),
        also=tuple(int(person_identity(1, 1, 0, 0, n)) for n in present),
        in_training=tuple(int(person_identity(1, 1, 0, 0, n)) for n in held),
    ),
    st.lists(ccts, max_size=20),
    st.sets(st.integers(0, 9)),
    st.sets(st.integers(0, 9)),
)
EXCHANGED = {
    "certified_without": "certified_with",
    "earlier": "later",
    "only_with": "only_without",
    "only_with_new": "only_without_absent",
    "only_with_in_training": "only_without_in_training",
}


@given(runs, runs)
def test_exchanging_the_runs_exchanges_who_gains_and_who_loses(one: ReducedRun, other: ReducedRun) -> None:
    there, back = counts(one, other), counts(other, one)
    for name, mirrored in EXCHANGED.items():
        assert there[name] == back[mirrored]
        assert there[mirrored] == back[name]
    assert there["months"] == -back["months"]
    for name in ("same_month", "other_programme", "other_region"):
        assert there[name] == back[name]


@given(runs, runs)
def test_everyone_is_counted_once_in_every_cut(one: ReducedRun, other: ReducedRun) -> None:
    found = compare_people(one, other)
    for by in ("way_in", "programme", "region"):
        parts = [values for (of, _), values in found.items() if of == by]
        assert np.sum(parts, axis=0).tolist() == found[ALL, ALL].tolist() or not parts
    whole = counts(one, other)
    both = whole["earlier"] + whole["later"] + whole["same_month"]
    assert both + whole["only_without"] == whole["certified_without"]
    assert both + whole["only_with"] == whole["certified_with"]


@given(runs)
def test_a_run_against_itself_moves_nobody(run: ReducedRun) -> None:
    whole = counts(run, run)
    assert whole["same_month"] == whole["certified_with"] == whole["certified_without"]
    unmoved = set(COUNTS) - {"same_month", "certified_with", "certified_without"}
    assert {whole[name] for name in unmoved} == {0}


@pytest.mark.parametrize("kind", list(IdentityKind))
def test_every_way_in_has_a_name(kind: IdentityKind) -> None:
    person = int(person_identity(kind, 0, 0, 0, 1))
    assert len(compare_people(run_of((person, 1, "gp", "north")), run_of())) == 4
