"""Writes the reference of tables and settings (docs/tables.md) and the guide in a user's new folder.

Both come from the schema, so they cannot say anything that loading does not do.
"""

from __future__ import annotations

from pipeline_sim.scenario.schema import (
    PROVENANCE,
    Column,
    Setting,
    TableSpec,
    setting_specs,
    table_specs,
)

CARRIED = {
    "": "",
    "count": " A row holds until the next row of the same key; before the first row the count is 0.",
    "rule": " A row holds until the next row of the same key; the first must not be later than the start.",
}


def tables_page() -> str:
    """The whole of docs/tables.md."""
    lines = [
        "# Tables and settings of a scenario",
        "",
        "Made from `pipeline_sim/scenario/schema*.py` by `python -m pipeline_sim.scenario.reference`.",
        "",
        "Tables are comma-separated UTF-8 text with a header line, in a folder beside `scenario.toml`.",
        "A table in your folder replaces the base's table of that name; `sources.csv` adds to the base's.",
        "Columns marked * are the key: no two rows have the same. A `year` is the training year that starts",
        "in August of that calendar year; at most one row of a key may be dated before the start.",
        "",
        "Every table but `sources` ends with these columns:",
        "",
        *_column_table(PROVENANCE),
        "",
    ]
    for spec in table_specs().values():
        lines += [f"## {spec.name}", "", _about(spec), "", *_column_table(spec.own_columns), ""]
    lines += [
        "# Settings",
        "",
        "One row of `settings.csv` each.",
        "",
        "| setting | value | unit | meaning | read by |",
        "|---|---|---|---|---|",
        *(_setting_line(setting) for setting in setting_specs().values()),
        "",
    ]
    return "\n".join(lines)


def folder_guide(title: str, base: str) -> str:
    """README.md of a new scenario folder."""
    lines = [
        f"# {title}",
        "",
        f"A copy of the scenario `{base}`, to edit. `scenario.toml` heads it; each CSV file is a table.",
        "Delete a table to use the base's again. Change single values under `[set]` in `scenario.toml`, for",
        'example `"supervision.rule" = "soft"`.',
        "",
        "    pipeline-sim validate .    says what is wrong, all at once",
        "    pipeline-sim run .",
        "",
        "| file | what it holds | columns (* key) |",
        "|---|---|---|",
    ]
    for spec in table_specs().values():
        columns = ", ".join(column.name + "*" * column.key for column in spec.own_columns)
        lines.append(f"| `{spec.file}` | {spec.description} | {columns} |")
    lines += ["", "Every table but `sources.csv` also has:", "", *_column_table(PROVENANCE), ""]
    return "\n".join(lines)


def _about(spec: TableSpec) -> str:
    text = spec.description + CARRIED[spec.carry]
    if spec.optional:
        text += " Optional."
    if spec.scaled:
        text += " Counts are multiplied when a scenario is scaled."
    return f"{text} Read by `{spec.reader}`."


def _column_table(columns: tuple[Column, ...]) -> list[str]:
    lines = ["| column | cell | unit | meaning |", "|---|---|---|---|"]
    for column in columns:
        name = f"`{column.name}`" + "*" * column.key
        cell = column.expected
        if column.may_be_blank and "blank" not in cell:
            cell += ", or blank"
        if column.may_be_absent:
            cell += "; the column may be left out"
        lines.append(f"| {name} | {_safe(cell)} | {column.unit} | {_safe(column.description)} |")
    return lines


def _setting_line(setting: Setting) -> str:
    expected = _safe(setting.column.expected)
    return f"| `{setting.name}` | {expected} | {setting.unit} | {setting.description} | `{setting.reader}` |"


def _safe(text: str) -> str:
    """Text that does not end a cell of a Markdown table."""
    return text.replace("|", "\\|")


def main() -> None:
    """Write docs/tables.md of the project this file is in."""
    from pathlib import Path

    page = Path(__file__).resolve().parents[2] / "docs" / "tables.md"
    page.write_text(tables_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
