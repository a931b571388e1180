"""pipeline_sim and its peers on one reduced ladder, side by side.

``python experiments/benchmarks/benchmark.py`` runs every implementation whose library is installed, one
after the other, again and again, each run in a fresh process. It writes ``results.csv`` and ``results.md``
beside this file and the tables into ``README.md``; with ``--out``, the two files elsewhere only.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pipeline
from agreement import CENSUS, LIMIT, compare
from one_run import OWN, PEERS

import pipeline_sim

HERE = Path(__file__).parent
README = HERE / "README.md"
MARK = "<!-- results -->"
SCENARIOS = ("ladder", "tandem")
EXPRESSES = {"Ciw": ("tandem",)}  # all others play both
REFERENCE = "pipeline_sim, compiled"
COLUMNS = [
    "scenario",
    "run",
    "implementation",
    "seed",
    "people_at_end",
    "events",
    "rows",
    "seconds",
    "wall_seconds",
    "ns_per_event",
    "memory_before",
    "memory_peak",
    "start_up",
    "hash",
]
Run = dict[str, Any]


def available() -> tuple[list[str], list[str]]:
    """Implementations that can run here, and a plain line for each that cannot."""
    present, missing = [], []
    for name, engine in OWN.items():
        try:
            pipeline.engine(engine)
            present.append(name)
        except ImportError:
            missing.append(f"{name}: this version has no such engine")
    for name, (_, library) in PEERS.items():
        if importlib.util.find_spec(library):
            present.append(name)
        else:
            missing.append(f"{name}: {library} is not installed (pip install '.[bench]')")
    return present, missing


def run_one(request: dict[str, Any]) -> Run:
    """One run in a fresh process. A failure ends the benchmark with that process's message."""
    request = request | {"started": time.time()}
    package = str(Path(pipeline_sim.__file__).parents[1])  # the same one for every process
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(HERE / "one_run.py"), json.dumps(request)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    if done.returncode:
        raise SystemExit(f"{request['implementation']} failed on {request['scenario']}:\n{done.stderr}")
    answer: Run = json.loads(done.stdout)
    last = {name: counts[-1] for name, counts in answer["results"].items()}
    return {
        "scenario": request["scenario"],
        "implementation": request["implementation"],
        "run": request["seed"],
        "seed": request["seed"],
        "people_at_end": sum(last[name] for name in CENSUS),
        "ns_per_event": 1e9 * answer["seconds"] / max(answer["events"], 1),
        **answer,
    }


def run_all(options: argparse.Namespace, names: Sequence[str]) -> list[Run]:
    """Every implementation in turn, ``options.runs`` times over, on each scenario."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for scenario in options.scenarios:
            years = options.years
            blueprint = pipeline.scenario(scenario, options.scale, years).blueprint()
            ladder = Path(folder) / f"{scenario}.json"
            pipeline.ladder_of(blueprint).write(ladder)
            for seed in range(1, options.runs + 1):
                for name in names:
                    if scenario not in EXPRESSES.get(name, SCENARIOS):
                        continue
                    request = {
                        "scenario": scenario,
                        "implementation": name,
                        "scale": options.scale,
                        "years": years,
                        "seed": seed,
                        "ladder": str(ladder),
                        "frozen": options.collector == "frozen",
                    }
                    runs.append(run_one(request))
                    shown = f"{runs[-1]['seconds']:.3f} s, {runs[-1]['events']:,} events"
                    print(f"{scenario}, run {seed}, {name}: {shown}", file=sys.stderr, flush=True)
    return runs


# what is shown ------------------------------------------------------------------------------------------


def spread(values: Iterable[float], digits: int = 3) -> str:
    """Median (least to most), to a number of significant digits."""
    found = list(values)
    middle, least, most = (
        figure(value, digits) for value in (statistics.median(found), min(found), max(found))
    )
    return f"{middle} ({least} to {most})"


def figure(value: float, digits: int) -> str:
    """A number to so many significant digits, whole numbers grouped."""
    if value >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:#.{digits}g}".rstrip(".")


def table_of(scenario: str, runs: Sequence[Run]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: one a implementation, fastest first."""
    of = {
        name: [run for run in runs if run["implementation"] == name]
        for name in {r["implementation"] for r in runs}
    }
    reference = REFERENCE if REFERENCE in of else next(name for name in OWN if name in of)
    base = {run["run"]: run["seconds"] for run in of[reference]}
    header = [
        "implementation",
        "events",
        "ns an event",
        "seconds",
        f"times {reference}",
        "peak MiB",
        "of it the run",
        "start-up s",
    ]
    rows = []
    for name, own in sorted(of.items(), key=lambda item: statistics.median(r["seconds"] for r in item[1])):
        rows.append(
            [
                name,
                f"{statistics.median(run['events'] for run in own):,.0f}",
                spread(run["ns_per_event"] for run in own),
                spread(run["seconds"] for run in own),
                spread(run["seconds"] / base[run["run"]] for run in own),
                f"{statistics.median(run['memory_peak'] for run in own):,.0f}",
                f"{statistics.median(run['memory_peak'] - run['memory_before'] for run in own):,.0f}",
                f"{statistics.median(run['start_up'] for run in own):.1f}",
            ]
        )
    return header, rows


def checks(scenario: str, runs: Sequence[Run]) -> tuple[list[str], bool]:
    """What the results say of each other, and whether all is well."""
    lines, well = [], True
    own = [name for name in OWN if any(run["implementation"] == name for run in runs)]
    if len(own) == len(OWN):
        differ = [
            seed
            for seed in {run["run"] for run in runs}
            if len({run["hash"] for run in runs if run["run"] == seed and run["implementation"] in own}) > 1
        ]
        well &= not differ
        lines.append(
            f"Both engines of pipeline_sim: the event logs differ for seeds {differ}."
            if differ
            else "Both engines of pipeline_sim: the same event log, row for row, for every seed."
        )
    together = {
        name: [run["results"] for run in runs if run["implementation"] == name]
        for name in {run["implementation"] for run in runs}
        if name not in own[1:]
    }
    compared = compare(together)
    if not compared:
        return [*lines, "Agreement within sampling error: needs two implementations and two runs."], well
    worst = max(compared, key=lambda each: abs(each.z))
    beyond = [each for each in compared if abs(each.z) > LIMIT]
    well &= not beyond
    lines.append(
        f"Agreement within sampling error: {len(compared)} comparisons of a mean with that of the others; "
        f"{len(beyond)} beyond z = {LIMIT:g}; the largest {abs(worst.z):.1f} "
        f"({worst.measure}: {worst.implementation} {worst.mean:,.1f}, others {worst.others:,.1f})."
    )
    lines += [
        f"BEYOND: {e.measure}: {e.implementation} {e.mean:,.1f}, others {e.others:,.1f}" for e in beyond
    ]
    return lines, well


def machine() -> str:
    """Where and with what versions this ran."""
    libraries = sorted({library for _, library in PEERS.values()} | {"numba", "pipeline-sim"})
    versions = []
    for library in libraries:
        try:
            versions.append(f"{library} {importlib.metadata.version(library)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next(
            (line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line),
            cpu,
        )
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}; {', '.join(versions)}."


def page(options: argparse.Namespace, runs: Sequence[Run], missing: Sequence[str]) -> tuple[str, bool]:
    """The tables and checks as Markdown, and whether all agree."""
    collector = {
        "usual": "as Python has it for the peers",
        "frozen": "switched off during the run for the peers too",
    }[options.collector]
    parts = [
        f"{options.runs} runs each, interleaved, at scale {options.scale:g}; garbage collector {collector}. "
        "Median (least to most).",
        "",
        machine(),
    ]
    well = True
    for scenario in options.scenarios:
        own = [run for run in runs if run["scenario"] == scenario]
        header, rows = table_of(scenario, own)
        lines, agrees = checks(scenario, own)
        well &= agrees
        people = statistics.median(run["people_at_end"] for run in own)
        years = pipeline.scenario(scenario, 1.0, options.years).years
        parts += ["", f"### {scenario}: {years} years, {people:,.0f} people at the end", ""]
        parts += [
            f"| {' | '.join(cells)} |" for cells in (header, ["---"] + ["---:"] * (len(header) - 1), *rows)
        ]
        parts += ["", *(f"- {line}" for line in lines)]
    if missing:
        parts += ["", "Left out:", "", *(f"- {line}" for line in missing)]
    return "\n".join(parts) + "\n", well


def write(options: argparse.Namespace, runs: Sequence[Run], text: str) -> None:
    """The runs as CSV, the tables as a page, and, for the record, the page in the README."""
    target: Path = options.out or HERE / "results.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for run in runs:
            writer.writerow(
                {name: round(v, 6) if isinstance(v := run[name], float) else v for name in COLUMNS}
            )
    target.with_suffix(".md").write_text(f"# What came out\n\n{text}", encoding="utf-8")
    if options.out is None:
        before, _, after = README.read_text(encoding="utf-8").partition(MARK)
        rest = after[after.index("\n## ") :] if "\n## " in after else ""
        README.write_text(f"{before}{MARK}\n\n{text}{rest}", encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare pipeline_sim with its peers on a reduced ladder.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each implementation, seeds 1, 2, ...")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the people and places")
    parser.add_argument("--years", type=int, help="years to simulate, if not the scenario's")
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--only", nargs="+", choices=[*OWN, *PEERS], help="these implementations only")
    parser.add_argument("--collector", choices=["usual", "frozen"], default="usual", help="of the peers")
    parser.add_argument("--out", type=Path, help="the csv to write; the page goes beside it")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write; 0 if all agree."""
    options = parse(arguments)
    present, missing = available()
    if options.only:
        present = [name for name in present if name in options.only]
    runs = run_all(options, present)
    text, well = page(options, runs, missing)
    print(text)
    write(options, runs, text)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
