"""Checks of programmes, their levels, their posts and their supervision groups."""

from __future__ import annotations

from collections import defaultdict

from pipeline_sim.errors import nearest
from pipeline_sim.scenario.checks import A_PROGRAMME_WITH_POSTS, WITH_POSTS, Check, Tables, programmes_of_kind
from pipeline_sim.scenario.validate import Findings

COMPLETION_OF = {
    "foundation": "foundation",
    "core": "core",
    "higher": "cct",
    "run_through": "cct",
    "gp": "cct",
    "workforce_only": "none",
}
FOUNDATION_LEVELS = ["F1", "F2"]
MOST_CORE_PROGRAMMES = 62  # they are bits of a 64-bit mask


def parents_of(cell: str | None) -> list[str]:
    """Core programmes named in a ``parents`` cell."""
    return cell.split("|") if cell else []


def foundation_comes_first(tables: Tables, findings: Findings) -> None:
    """The first programme, and no other, is the foundation programme."""
    table = tables["programmes"]
    kinds = table["kind"]
    if "foundation" not in kinds:
        findings.add(f"{table.file} column kind", "no foundation programme", "a first row of kind foundation")
        return
    if table["programme"][0] != "foundation" or kinds[0] != "foundation":
        findings.add(
            table.place(0, "programme"),
            f"{table['programme'][0]} of kind {kinds[0]} in the first row",
            "the programme foundation of kind foundation",
        )
    for row, kind in enumerate(kinds[1:], 1):
        if kind == "foundation":
            findings.add(table.place(row, "kind"), "a second foundation programme", "one, in the first row")


def parents_are_core(tables: Tables, findings: Findings) -> None:
    table = tables["programmes"]
    kind_of = dict(table.rows("programme", "kind"))
    cores = [name for name, kind in kind_of.items() if kind == "core"]
    if len(cores) > MOST_CORE_PROGRAMMES:
        findings.add(
            f"{table.file} column kind", f"{len(cores)} core programmes", f"at most {MOST_CORE_PROGRAMMES}"
        )
    for row, (programme, kind, parents) in enumerate(table.rows("programme", "kind", "parents")):
        for parent in parents_of(parents):
            if kind_of[parent] != "core":
                findings.add(
                    table.place(row, "parents"),
                    f"{parent}, of kind {kind_of[parent]}",
                    "a core programme",
                    nearest(parent, cores),
                )
        if kind == "higher" and not parents:
            findings.add(table.place(row, "parents"), f"blank for {programme}", "its core programmes")
        if kind in ("foundation", "workforce_only") and parents:
            findings.add(table.place(row, "parents"), parents, f"blank for a programme of kind {kind}")


def chains_do_not_turn_back(tables: Tables, findings: Findings) -> None:
    """No programme leads, through its parents, back to itself."""
    table = tables["programmes"]
    parents = {name: parents_of(cell) for name, cell in table.rows("programme", "parents")}
    done: set[str] = set()
    for row, start in enumerate(table["programme"]):
        chain = _chain_back_to(start, parents, done)
        if chain:
            findings.add(table.place(row, "parents"), " <- ".join(chain), "a chain without a cycle")
        done.add(start)


def _chain_back_to(start: str, parents: dict[str, list[str]], done: set[str]) -> list[str]:
    """A path of parents from ``start`` to itself, or []. Programmes in ``done`` are not walked again."""
    paths = [[start]]
    seen = set(done)
    while paths:
        path = paths.pop()
        for parent in parents[path[-1]]:
            if parent == start:
                return [*path, parent]
            if parent not in seen:
                seen.add(parent)
                paths.append([*path, parent])
    return []


def kinds_agree_with_the_rest(tables: Tables, findings: Findings) -> None:
    """What a programme completes follows from its kind; training needs a trained and a supervising group."""
    table = tables["programmes"]
    columns = ("kind", "completes", "trained_group", "supervision_group")
    for row, (kind, completes, trained, supervision) in enumerate(table.rows(*columns)):
        if completes != COMPLETION_OF[kind]:
            findings.add(table.place(row, "completes"), completes, f"{COMPLETION_OF[kind]} for kind {kind}")
        if trained is None and kind in ("higher", "run_through", "gp"):
            findings.add(table.place(row, "trained_group"), "blank", "consultant or gp")
        if supervision is None and kind != "workforce_only":
            findings.add(table.place(row, "supervision_group"), "blank", "a group of supervision_groups.csv")
        if kind == "foundation" and supervision not in (None, "foundation"):
            findings.add(table.place(row, "supervision_group"), supervision, "foundation")


def programmes_have_levels(tables: Tables, findings: Findings) -> None:
    """Each training programme has levels in order 1..n, foundation F1 and F2, workforce_only none."""
    programmes, levels = tables["programmes"], tables["levels"]
    rows_of: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, (programme, order) in enumerate(levels.rows("programme", "order")):
        rows_of[programme].append((order, row))
    for row, (programme, kind) in enumerate(programmes.rows("programme", "kind")):
        own = sorted(rows_of[programme])
        if kind == "workforce_only":
            if own:
                where = levels.place(own[0][1], "programme")
                findings.add(where, f"a level of {programme}", f"none: {programme} is workforce_only")
            continue
        if not own:
            where = programmes.place(row, "programme")
            findings.add(where, f"{programme}, without levels", f"its levels in {levels.file}")
            continue
        for expected, (order, level_row) in enumerate(own, 1):
            if order != expected:
                findings.add(levels.place(level_row, "order"), f"{order} in {programme}", f"{expected}")
                break
        names = [levels["level"][level_row] for _, level_row in own]
        if kind == "foundation" and names != FOUNDATION_LEVELS:
            findings.add(levels.place(own[0][1], "level"), ", ".join(names), "F1, F2 in this order")


def foundation_practice_is_a_placement(tables: Tables, findings: Findings) -> None:
    """Time in practice during foundation is a placement that some F2 doctors have, not part of a level."""
    table = tables["levels"]
    for row, (programme, share) in enumerate(table.rows("programme", "practice_share")):
        if programme == "foundation" and share:
            findings.add(
                table.place(row, "practice_share"), f"{share:g} for foundation",
                "0: see foundation.practice_share in settings.csv",
            )  # fmt: skip


def trainees_are_in_a_level(tables: Tables, findings: Findings) -> None:
    """The starting stock names levels that its programme has."""
    names: dict[str, list[str]] = defaultdict(list)
    for programme, level in tables["levels"].rows("programme", "level"):
        names[programme].append(level)
    table = tables["trainee_stock"]
    for row, (programme, level) in enumerate(table.rows("programme", "level")):
        if level not in names[programme]:
            findings.add(
                table.place(row, "level"), level, f"a level of {programme} in {tables['levels'].file}",
                nearest(level, names[programme]),
            )  # fmt: skip


def regions_have_posts(tables: Tables, findings: Findings) -> None:
    posts: dict[str, int] = defaultdict(int)
    for region, number in tables["posts"].rows("region", "posts"):
        posts[region] += number
    table = tables["regions"]
    for row, region in enumerate(table["region"]):
        if not posts[region]:
            findings.add(
                table.place(row, "region"),
                f"{region}, a region without posts",
                f"at least one post in {tables['posts'].file}",
            )


def foundation_supervision_comes_first(tables: Tables, findings: Findings) -> None:
    """The first group is foundation: it has no supervisors of its own, only shares of the others."""
    table = tables["supervision_groups"]
    columns = ("group", "consultant_units", "gp_units", "sas_units", "foundation_share")
    group, *numbers = next(table.rows(*columns))
    if group != "foundation":
        findings.add(table.place(0, "group"), f"{group} in the first row", "foundation")
    elif any(numbers):
        shown = ", ".join(f"{number:g}" for number in numbers)
        findings.add(table.place(0), f"{shown} for foundation", "zeros: it uses shares of other groups")


CHECKS = (
    Check(("programmes.programme", "programmes.kind"), foundation_comes_first),
    Check(("programmes.programme", "programmes.kind", "programmes.parents"), parents_are_core),
    Check(("programmes.programme", "programmes.parents"), chains_do_not_turn_back),
    Check(
        (
            "programmes.kind",
            "programmes.completes",
            "programmes.trained_group",
            "programmes.supervision_group",
        ),
        kinds_agree_with_the_rest,
    ),
    Check(
        ("programmes.programme", "programmes.kind", "levels.programme", "levels.level", "levels.order"),
        programmes_have_levels,
    ),
    Check(("levels.programme", "levels.practice_share"), foundation_practice_is_a_placement),
    Check(
        ("levels.programme", "levels.level", "trainee_stock.programme", "trainee_stock.level"),
        trainees_are_in_a_level,
    ),
    programmes_of_kind("posts", WITH_POSTS, A_PROGRAMME_WITH_POSTS),
    Check(("regions.region", "posts.region", "posts.posts"), regions_have_posts),
    Check(
        tuple(
            f"supervision_groups.{column}"
            for column in ("group", "consultant_units", "gp_units", "sas_units", "foundation_share")
        ),
        foundation_supervision_comes_first,
    ),
)
