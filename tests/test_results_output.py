"""The result folder: complete or absent, the same bytes for the same results, and readable again."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from results_examples import GP, RESULT_FILES, example_log, log_of, overseas, row, small_blueprint
from synthetic_log import national_blueprint, synthetic_log

from pipeline_sim.eventlog import EventLog
from pipeline_sim.results.bundle import summarise
from pipeline_sim.results.events import event_batches, events_table, read_events
from pipeline_sim.results.output import OutputError, OutputFolder, write_outputs
from pipeline_sim.vocabulary import Event

BLUEPRINT = small_blueprint()
RECORD = {"program": "pipeline_sim", "seed": 1}


def two_replications() -> tuple[list, list[tuple[int, EventLog]]]:
    short = log_of(*(row(12, overseas(1), Event.APPLIED, GP, detail=1),))
    logs = [(0, example_log()), (1, short)]
    return [summarise(log, BLUEPRINT, rep) for rep, log in logs], logs


def write(folder: Path, **changes: object) -> Path:
    results, logs = two_replications()
    given = {"figures": {"one": b"PNG"}, "logs": logs} | changes
    return write_outputs(folder, results, BLUEPRINT, RECORD, **given)


def same_columns(one: EventLog, other: EventLog) -> bool:
    names = [field.name for field in fields(EventLog) if field.name != "phase"]
    return all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and np.array_equal(getattr(one, name), getattr(other, name))
        for name in names
    )


def test_the_folder_holds_every_file_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "deep" / "out")
    assert {path.name for path in folder.iterdir()} == RESULT_FILES | {"figures", "events.parquet"}
    assert (folder / "figures" / "one.png").read_bytes() == b"PNG"
    assert [path.name for path in folder.parent.iterdir()] == ["out"]
    record = json.loads((folder / "manifest.json").read_text())
    assert set(record["files"]) == RESULT_FILES | {"figures/one.png", "events.parquet"}
    assert record["seed"] == 1


def test_events_are_written_only_when_asked(tmp_path: Path) -> None:
    folder = write(tmp_path / "out", logs=None)
    assert {path.name for path in folder.iterdir()} == RESULT_FILES | {"figures"}


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    for path in (p for p in one.rglob("*") if p.is_file()):
        assert path.read_bytes() == (other / path.relative_to(one)).read_bytes(), path.name


def test_tables_of_all_replications_are_written_as_they_are(tmp_path: Path) -> None:
    results, _ = two_replications()
    folder = write(tmp_path / "out")
    for name in ("flows", "census", "waits", "completions"):
        written = pd.read_parquet(folder / f"{name}.parquet")
        expected = pd.concat([getattr(result, name) for result in results], ignore_index=True)
        pd.testing.assert_frame_equal(written, expected, check_dtype=False, check_categorical=False)
        assert not pq.read_schema(folder / f"{name}.parquet").metadata
    kpis = pd.read_csv(folder / "kpis.csv")
    assert set(kpis["rep"]) == {0, 1}


def test_kpis_follow_from_the_events_file_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "out")
    written = pd.read_csv(folder / "kpis.csv")
    for rep in (0, 1):
        log = read_events(folder / "events.parquet", BLUEPRINT, rep)
        again = summarise(log, BLUEPRINT, rep).kpis
        stored = written[written["rep"] == rep].reset_index(drop=True)
        assert again["kpi"].tolist() == stored["kpi"].tolist()
        for column in ("year", "value", "numerator", "denominator"):
            assert np.array_equal(again[column], stored[column], equal_nan=True), column


def test_a_log_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    _, logs = two_replications()
    folder = write(tmp_path / "out")
    for rep, log in logs:
        assert same_columns(read_events(folder / "events.parquet", BLUEPRINT, rep), log)


def test_a_large_log_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    blueprint = national_blueprint(months=120, programmes=12)
    log = synthetic_log(blueprint, 4000)
    folder = write_outputs(tmp_path / "out", [summarise(log, blueprint)], blueprint, RECORD, logs=[(0, log)])
    assert same_columns(read_events(folder / "events.parquet", blueprint), log)


def test_one_must_say_which_replication_to_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "out")
    with pytest.raises(ValueError, match="2 replications"):
        read_events(folder / "events.parquet", BLUEPRINT)


def test_events_of_another_scenario_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "out")
    other = small_blueprint(regions=("east", "west"))
    with pytest.raises(ValueError, match="not a name of this scenario"):
        read_events(folder / "events.parquet", other, 0)


def test_events_have_names_dates_and_the_order_of_the_log() -> None:
    events = events_table(example_log(), BLUEPRINT, rep=2)
    assert events.columns.tolist() == [
        "rep", "month", "date", "person", "event", "programme", "level", "region", "wte", "detail",
    ]  # fmt: skip
    assert events["month"].is_monotonic_increasing
    advertised = events[events["event"] == "posts_advertised"].iloc[1]
    assert (advertised["level"], advertised["programme"]) == ("readvert", "cardiology")
    pool = events[(events["event"] == "pool_in_use") & (events["level"] == "supervisor")].iloc[0]
    assert pool["programme"] == "medicine"
    assert str(advertised["date"]) == "2026-11-01"
    assert events.loc[events["event"] == "graduated", "programme"].isna().all()


def test_an_empty_log_makes_an_empty_table() -> None:
    assert len(events_table(log_of(), BLUEPRINT)) == 0
    assert next(event_batches(log_of(), BLUEPRINT)).num_rows == 0


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_whatever_goes_wrong_leaves_nothing_behind(tmp_path: Path, failure: type[BaseException]) -> None:
    def logs() -> object:
        yield 0, example_log()
        raise failure

    with pytest.raises(failure):
        write(tmp_path / "out", logs=logs())
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_earlier_results_as_they_were(tmp_path: Path) -> None:
    folder = write(tmp_path / "out")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(TypeError):
        write(tmp_path / "out", figures={"one": "not bytes"})
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_block_that_ends_without_writing_makes_no_folder(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "out", BLUEPRINT) as output:
        output.append_events(example_log(), 0)
    assert list(tmp_path.iterdir()) == []


def test_earlier_results_are_replaced_whole(tmp_path: Path) -> None:
    write(tmp_path / "out")
    folder = write(tmp_path / "out", logs=None)
    assert not (folder / "events.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "manifest.json").write_text('{"name": "my web page"}')
    with pytest.raises(OutputError, match="does not hold earlier results"):
        write(target)
    assert (target / "manifest.json").read_text() == '{"name": "my web page"}'


def test_a_file_of_the_users_own_among_earlier_results_is_not_lost(tmp_path: Path) -> None:
    folder = write(tmp_path / "out")
    (folder / "notes.txt").write_text("keep me")
    with pytest.raises(OutputError, match=r"notes\.txt"):
        write(tmp_path / "out")
    assert (folder / "notes.txt").read_text() == "keep me"


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        write(tmp_path / "out")


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert (write(tmp_path / "out") / "kpis.csv").is_file()
