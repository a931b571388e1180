"""What a comparison found, in words made by rules from its numbers and their intervals.

Nothing is said that a number does not say: a difference whose interval holds 0 cannot be told apart from no
effect, whatever one hoped for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from pipeline_sim.report.comparison_numbers import (
    Difference,
    among,
    count_text,
    counted,
    listed,
    pounds,
    pounds_signed,
    pounds_size,
    pounds_spread,
    signed,
    spread,
    value_text,
)
from pipeline_sim.report.figures_style import plain, region_label, training_year_text
from pipeline_sim.results.directions import NEITHER
from pipeline_sim.results.kpis import REGISTRY
from pipeline_sim.results.money import CostPerEffect
from pipeline_sim.studies.comparing import Arm, Comparison
from pipeline_sim.studies.comparison_tables import ALL, MONTHS_GAINED, NET_EARLIER, NET_GAINED
from pipeline_sim.studies.extra_costs import COST, COST_OF_TRAINING, WTE_YEARS, CostTables

WaitKey = tuple[str, str, str]  # cause, programme and region, of which any may be ALL
HEADLINE = (
    "ccts",
    "consultants_wte",
    "gps_wte",
    "trainees",
    "f2_to_cct_months_median",
    "fill_rate",
    "f2_direct_entry_percent",
    "unplaced",
    "ltft_percent",
    "resignations_percent",
    "back_within_24_months_percent",
    "waits",
    "vacancy_percent",
    "trained_theil_between_regions",
)
MOST_ELSEWHERE = 8
MOST_HEADS = 3
MORE_THAN_LASTING = 2
FEW_REPLICATIONS = 10
MANY_GROUPS = 20
SMALLEST = 1e-9  # of a difference that is one
TITLES = {kpi.name: kpi.title for kpi in REGISTRY}
UNDECIDED = "cannot be told apart from no effect"
CAUSES = {
    "foundation_place": "a foundation place",
    "training_post": "a training post",
    "supervisor": "a supervisor",
    "practice_place": "a place in a practice",
    "support_place": "a place of supported return",
    "credential_slot": "a slot for a credential",
    "enhance_place": "a place of Enhance",
    "hospital_placement": "a hospital placement",
    "primary_care_placement": "a primary care placement",
    "private_placement": "a private placement",
    "voluntary_placement": "a voluntary placement",
    "technology_placement": "a technology placement",
    "not_recorded": "a cause not recorded",
}
WAYS_IN = {
    "uk_graduates": "UK graduates",
    "overseas_graduates": "overseas graduates",
    "trained_at_start": "SAS doctors at the start",
}


def summary(comparison: Comparison) -> str:
    """The page ``summary.md``: a table of headlines, and a section for every arm."""
    base = comparison.base
    titles = listed([arm.title for arm in comparison.arms if not arm.parts])
    lines = [f"# {base.title}: {titles}", "", *_setting(comparison), ""]
    lines += ["| | without | " + " | ".join(arm.title for arm in comparison.arms) + " |"]
    lines += ["|---|---:|" + "---:|" * len(comparison.arms), *_headlines(comparison), ""]
    for arm in comparison.arms:
        about = [f"*{arm.about}*", ""] if arm.about else []
        lines += [
            f"## {arm.title}",
            "",
            *about,
            *(f"- {line}" for line in arm_sentences(comparison, arm)),
            "",
        ]
        if arm.parts and not comparison.unchanged(arm.name):
            lines += ["### Do the effects add up?", ""]
            lines += [*(f"- {line}" for line in additivity_sentences(comparison, arm)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _setting(comparison: Comparison) -> Iterator[str]:
    first, last = comparison.window
    years = "the training year " if first == last else "training years "
    span = training_year_text(first) + ("" if first == last else f" to {training_year_text(last)}")
    number = comparison.reps
    runs = f"{number} replications" if number > 1 else "1 replication"
    yield (
        f"{runs} of {comparison.first_year} to {comparison.last_year}, seed {comparison.seed}. The same "
        "doctors meet the same luck with and without each policy, so differences are taken replication by "
        "replication. "
        f"Unless said otherwise a number is the mean of {years}{span}"
        + (", with the 95 % interval of the mean difference in brackets." if number > 1 else ".")
    )
    if 1 < number < FEW_REPLICATIONS:
        yield ""
        yield (
            f"**With {number} replications an interval is wide and may by chance be too narrow; for a "
            "decision use thirty.**"
        )
    if number == 1:
        yield ""
        yield (
            "**With a single replication there is no interval: what is luck and what is the policy cannot be "
            "told apart. Use at least two, better thirty.**"
        )


def _headlines(comparison: Comparison) -> Iterator[str]:
    for kpi in HEADLINE:
        found = {arm.name: find_kpi(comparison, arm.name, kpi) for arm in comparison.arms}
        known = [each for each in found.values() if each is not None]
        if not known or not any(each.base or each.policy for each in known):
            continue
        cells = [_cell(found[arm.name]) for arm in comparison.arms]
        unit = known[0].unit
        yield f"| {TITLES[kpi]} ({unit}) | {value_text(known[0].base)} | {' | '.join(cells)} |"


def _cell(found: Difference | None) -> str:
    if found is None:
        return "no value"
    if not found.differs:
        return "no change"
    text = signed(found.difference, found)
    if math.isnan(found.low):
        return text
    text = f"{text} ({spread(found)})"
    return f"**{text}**" if found.clear else text


# an arm ----------------------------------------------------------------------------------------------
def arm_sentences(comparison: Comparison, arm: Arm) -> Iterator[str]:
    """What an arm changes, for whom, where the wait moved and what it costs."""
    if comparison.unchanged(arm.name):
        yield (
            "Changes nothing: no indicator, no wait and no doctor's certificate is any different in any "
            "replication."
        )
        yield from (f"{note}." for note in arm.scenario.policy_notes(comparison.years))
        return
    yield from kpi_sentences(comparison, arm.name)
    yield from people_sentences(comparison, arm.name)
    yield from wait_sentences(comparison, arm.name)
    yield from cost_sentences(comparison, arm.name)


def find_kpi(comparison: Comparison, arm: str, kpi: str) -> Difference | None:
    """The lasting difference of an arm in a KPI; None where it has no value."""
    frame = comparison.lasting
    rows = frame[(frame["arm"] == arm) & (frame["kpi"] == kpi)]
    return Difference.of_row(rows.iloc[0]) if len(rows) else None


def kpi_sentences(comparison: Comparison, arm: str) -> Iterator[str]:
    """The headline indicators, one by one if they clearly changed, else in a list; then the others."""
    found = {kpi: find_kpi(comparison, arm, kpi) for kpi in HEADLINE}
    known = {kpi: each for kpi, each in found.items() if each is not None and (each.base or each.policy)}
    if comparison.reps == 1:
        moved = [f"{TITLES[kpi]} {_change(each)}" for kpi, each in known.items() if each.differs]
        if moved:
            yield f"In this one replication: {'; '.join(moved)}."
        return
    for kpi, each in known.items():
        if each.clear:
            yield _clear_sentence(TITLES[kpi], each, comparison.reps)
    unclear = [TITLES[kpi] for kpi, each in known.items() if each.differs and not each.clear]
    if len(unclear) == len(known) > 1:
        yield f"**Undecided**: every indicator of the table above {UNDECIDED}."
    elif unclear:
        yield f"**Undecided**: {listed(unclear)} {UNDECIDED}."
    same = [TITLES[kpi] for kpi, each in known.items() if not each.differs]
    if same:
        yield f"**The same in every replication**: {listed(same)}."
    yield from _on_the_way(comparison, arm, known)
    yield from _elsewhere(comparison, arm)


def _clear_sentence(title: str, each: Difference, reps: int) -> str:
    verdict = {1: "better", -1: "worse", 0: "changed"}[each.verdict]
    share = ""
    if each.better != NEITHER:
        share = f"; for the better in {among(each.share_better, each.reps)} replications"
    partly = "" if each.reps == reps else f" (a value in {each.reps} of {reps})"
    return f"**{title}, {verdict}**: {_change(each)}{share}{partly}."


def _change(each: Difference) -> str:
    """``+34 (+12 to +56) people, from 9,800 to 9,834``."""
    unit = _unit(each)
    interval = "" if math.isnan(each.low) else f" ({spread(each)})"
    of = " %" if each.unit == "percent" else ""
    before, after = value_text(each.base, each), value_text(each.policy, each)
    return f"{signed(each.difference, each)}{interval} {unit}, from {before}{of} to {after}{of}"


def _on_the_way(comparison: Comparison, arm: str, lasting: dict[str, Difference]) -> Iterator[str]:
    """Headline indicators that moved far more before the last years, in the year they moved most."""
    frame = comparison.differences
    rows = frame[(frame["arm"] == arm) & (frame["year"] < comparison.window[0])]
    told = []
    for kpi, last in lasting.items():
        years = [(int(row["year"]), Difference.of_row(row)) for _, row in rows[rows["kpi"] == kpi].iterrows()]
        sure = [(year, each) for year, each in years if each.reps == comparison.reps and _is_sure(each)]
        if not sure:
            continue
        year, each = max(sure, key=lambda pair: abs(pair[1].difference))
        if abs(each.difference) > MORE_THAN_LASTING * abs(last.difference):
            change = f"{signed(each.difference, each)} ({spread(each)}) {_unit(each)}"
            told.append(f"{TITLES[kpi]} {change} in {training_year_text(year)}")
    if told:
        yield f"**On the way**, further than in the last years: {'; '.join(told)}."


def _is_sure(each: Difference) -> bool:
    """Twice as far from 0 as its interval asks: it was looked for in every year."""
    return each.clear and abs(each.difference) >= each.high - each.low


def _unit(each: Difference) -> str:
    return {"percent": "percentage points", "year": "years"}.get(each.unit, each.unit)


def _elsewhere(comparison: Comparison, arm: str) -> Iterator[str]:
    """The clearest changes of indicators that are no headlines."""
    frame = comparison.lasting
    rows = frame[(frame["arm"] == arm) & ~frame["kpi"].isin(HEADLINE) & frame["kpi"].isin(TITLES)]
    all_clear = [(row["kpi"], Difference.of_row(row)) for _, row in rows.iterrows()]
    all_clear = [(kpi, each) for kpi, each in all_clear if each.clear]
    if not all_clear:
        return
    largest = sorted(all_clear, key=lambda pair: -pair[1].relative)[:MOST_ELSEWHERE]
    told = "; ".join(
        f"{TITLES[kpi]} {signed(each.difference, each)} ({spread(each)}) {_unit(each)}"
        for kpi, each in largest
    )
    more = len(all_clear) - len(largest)
    rest = f"; and {more} more in `summary.csv`" if more else ""
    yield (
        f"**Elsewhere**, the largest clear changes for their size: {told}{rest}. "
        f"{_by_luck(int(rows['differs'].sum()))}"
    )


def _by_luck(moved: int) -> str:
    """How many of so many indicators an interval of 95 % calls clear without an effect."""
    if moved == 1:
        return "No other indicator moved at all."
    expected = f"about {round(moved / 20)}" if moved >= 20 else "one or none"
    return (
        f"Of the {moved} other indicators that moved at all, {expected} would look clearly changed by luck "
        "alone."
    )


# people ----------------------------------------------------------------------------------------------
def people_sentences(comparison: Comparison, arm: str) -> Iterator[str]:
    """Who has a certificate earlier, later, only with the policy or only without."""
    found = people_of(comparison, arm)

    def of(measure: str, by: str = ALL, group: str = ALL) -> Difference:
        return found[by, group, measure]

    moved = [of(name) for name in ("earlier", "later", "only_with", "only_without")]
    if not any(each.difference for each in moved):
        yield "**Who**: every doctor has the same certificate in the same month, or none, in both."
        return
    earlier, later, gained, lost = moved
    yield (
        f"**Who**, over the whole run: {counted(earlier, 'doctor has', 'doctors have')} their first CCT "
        f"earlier and {count_text(later)} later; {counted(gained, 'has', 'have')} one only with the policy "
        f"(of them {counted(of('only_with_new'), 'is', 'are', plain=True)} not in the model without it and "
        f"{counted(of('only_with_in_training'), 'is', 'are', plain=True)} still in training at its end) and "
        f"{count_text(lost)} only without it ({value_text(of('only_without_absent').difference)} not in the "
        f"model with it, {value_text(of('only_without_in_training').difference)} still in training)."
    )
    if comparison.reps > 1:
        months = of(MONTHS_GAINED)
        if months.clear:
            way = "earlier" if months.difference > 0 else "later"
            yield (
                f"**Months**: of the doctors with a CCT in both, it comes {_size(months)} months {way} on "
                "average."
            )
        elif not math.isnan(months.difference) and months.differs:
            yield (
                f"**Months**: how much sooner the CCT comes on average {UNDECIDED} "
                f"({signed(months.difference, months)}, {spread(months)})."
            )
        yield from _most_of(found, "way_in", WAYS_IN)
        yield from _most_of(found, "programme", comparison_programmes(comparison))
        yield from _most_of(found, "region", None)


def people_of(comparison: Comparison, arm: str) -> dict[tuple[str, str, str], Difference]:
    """Every measure of people of an arm, by what, group and measure."""
    frame = comparison.people[comparison.people["arm"] == arm]
    keys = zip(frame["by"], frame["group"], frame["measure"], strict=True)
    numbers = zip(frame["mean"], frame["low"], frame["high"], frame["reps"], strict=True)
    return {
        key: Difference(difference=mean, low=low, high=high, reps=reps, differs=bool(mean))
        for key, (mean, low, high, reps) in zip(keys, numbers, strict=True)
    }


def _most_of(
    found: dict[tuple[str, str, str], Difference], by: str, titles: dict[str, str] | None
) -> Iterator[str]:
    """The groups in which clearly more gained than lost, and the other way round, the largest first."""
    words = {"way_in": "By way in", "programme": "By programme", "region": "By region"}[by]
    parts = []
    for measure, up, down in (
        (NET_GAINED, "more with a CCT", "fewer with a CCT"),
        (NET_EARLIER, "more sooner than later", "more later than sooner"),
    ):
        clear = [
            (group, each)
            for (kind, group, name), each in found.items()
            if kind == by and name == measure and each.clear
        ]
        for sign, told in ((1, up), (-1, down)):
            of_sign = [(group, each) for group, each in clear if each.difference * sign > 0]
            if of_sign:
                group, each = max(of_sign, key=lambda pair: abs(pair[1].difference))
                name = titles.get(group, plain(group)) if titles is not None else region_label(group)
                also = f" and {len(of_sign) - 1} others" if len(of_sign) > 2 else ""
                also = " and one other" if len(of_sign) == 2 else also
                where = "among" if by == "way_in" else "in"
                parts.append(f"{told} {where} {name} ({_size(each)} doctors){also}")
    groups = len({group for kind, group, _ in found if kind == by})
    luck = f" (of {groups}, about {round(groups / 20)} would stand out in each count by luck alone)"
    if parts:
        yield f"**{words}**{luck if groups >= MANY_GROUPS else ''}: {'; '.join(parts)}."


def comparison_programmes(comparison: Comparison) -> dict[str, str]:
    """Titles of the programmes of the scenario."""
    table = comparison.base.tables.get("programmes")
    if table is None or "title" not in table.columns:
        return {}
    return {str(name): str(title) for name, title in table.rows("programme", "title")}


def _size(each: Difference) -> str:
    """A clear difference and its interval without their signs: ``12 (8 to 16)``."""
    flipped = each if each.difference >= 0 else -each
    low, high = value_text(flipped.low, flipped), value_text(flipped.high, flipped)
    return f"{value_text(flipped.difference, flipped)} ({low} to {high})"


# waits -----------------------------------------------------------------------------------------------
def wait_sentences(comparison: Comparison, arm: str) -> Iterator[str]:
    """Whether waiting grew or fell, by cause, and where most of it moved."""
    rows = waits_of(comparison, arm)
    whole = rows.get((ALL, ALL, ALL))
    if whole is None or not any(each.differs for each in rows.values()):
        yield "**Waiting** is the same in every replication."
        return
    causes = {cause: each for (cause, *rest), each in rows.items() if cause != ALL and rest == [ALL, ALL]}
    if comparison.reps == 1:
        changes = [f"for {cause_text(cause)} {signed(each.difference)}" for cause, each in causes.items()]
        yield f"**Waiting** in this one replication, person-months a year: {'; '.join(changes)}."
        return
    less = _by_size(causes, -1)
    more = _by_size(causes, 1)
    if less and more:
        yield (
            f"**The wait moved**: {_waits(less, 'less', rows)}, but {_waits(more, 'more', rows)}; "
            f"in all {_in_all(whole)}."
        )
    elif less:
        told = _waits(less, "less", rows)
        yield f"**Waiting fell**: {told}, and no wait clearly grew; in all {_in_all(whole)}."
    elif more:
        told = _waits(more, "more", rows)
        yield f"**Waiting grew**: {told}, and no wait clearly fell; in all {_in_all(whole)}."
    else:
        yield f"**Waiting** by cause {UNDECIDED}; in all {_in_all(whole)}."


def waits_of(comparison: Comparison, arm: str) -> dict[WaitKey, Difference]:
    """The lasting differences in waiting of an arm, by cause, programme and region."""
    frame = comparison.waits
    first, last = comparison.window
    rows = frame[(frame["arm"] == arm) & (frame["from_year"] == first) & (frame["to_year"] == last)]
    return {
        (row["blocked_by"], row["programme"], row["region"]): Difference.of_row(row)
        for _, row in rows.iterrows()
    }


def cause_text(cause: str) -> str:
    return CAUSES.get(cause, plain(cause).lower())


def _by_size(causes: dict[str, Difference], sign: int) -> dict[str, Difference]:
    clear = [(cause, each) for cause, each in causes.items() if each.clear and each.difference * sign > 0]
    return dict(sorted(clear, key=lambda pair: -abs(pair[1].difference)))


def _waits(causes: dict[str, Difference], way: str, rows: dict[WaitKey, Difference]) -> str:
    parts = []
    for cause, each in causes.items():
        sign = 1 if each.difference > 0 else -1
        place = _where(rows, cause, sign)
        parts.append(f"for {cause_text(cause)} by {_size(each)} person-months a year{place}")
    return f"{way} waiting {listed(parts)}"


def _where(rows: dict[WaitKey, Difference], cause: str, sign: int) -> str:
    """The programme and the region in which a wait changed most, where that is clear."""
    told = []
    for at, label in ((1, plain), (2, region_label)):
        inside = [
            (key[at], each)
            for key, each in rows.items()
            if key[0] == cause and key[at] not in (ALL, "") and key[3 - at] == ALL
            if each.clear and each.difference * sign > 0
        ]
        if inside:
            name, each = max(inside, key=lambda pair: abs(pair[1].difference))
            told.append(f"{label(name)} ({value_text(abs(each.difference))})")
    return f", most in {' and '.join(told)}" if told else ""


def _in_all(whole: Difference) -> str:
    if not whole.differs:
        return "no change"
    undecided = "" if whole.clear else f", which {UNDECIDED}"
    return f"{signed(whole.difference, whole)} ({spread(whole)}){undecided}"


# costs -----------------------------------------------------------------------------------------------
def cost_sentences(comparison: Comparison, arm: str) -> Iterator[str]:
    """What the arm costs more, by what, and for each doctor gained; nothing if the scenario has no costs."""
    money = comparison.money
    if money is None or arm not in set(money.effects["arm"]):
        return
    of = _cost_effects(money, arm)
    cost, training, years = of[COST], of[COST_OF_TRAINING], of[WTE_YEARS]
    terms = (
        f"over the whole run, in prices of {money.price_year}, discounted at "
        f"{100 * money.discount_rate:.1f} %"
    )
    if not cost.difference and not training.difference:
        yield "**Cost**: the same in every replication."
        return
    if comparison.reps == 1:
        yield f"**Cost** in this one replication: {pounds_signed(cost)} {terms}."
        return
    if cost.clear:
        way = "more" if cost.difference > 0 else "less"
        yield f"**Cost**: {pounds_size(cost)} {way} {terms}{_largest_heads(money, arm, comparison.window)}."
    else:
        yield f"**Cost**: {pounds_signed(cost)} ({pounds_spread(cost)}) {terms}, which {UNDECIDED}."
    yield f"**Cost for each extra doctor**: {_price(money.ratio(arm), training, years)}."


def _price(ratio: CostPerEffect, cost: Difference, years: Difference) -> str:
    """What an extra whole-time year of a trained doctor costs, or why it is not said."""
    gained = f"{signed(years.difference, years)} ({spread(years)}) whole-time years of consultants and GPs"
    if years.low == years.high == 0:
        return "not given, as no whole-time year of a consultant or GP is gained or lost in any replication"
    if not years.clear:
        return f"not given, as the gain cannot be told apart from none ({gained}, discounted)"
    if not cost.clear:
        return f"not given, as the cost cannot be told apart from none ({gained}, discounted)"
    if ratio.pounds is None:
        words = ratio.words.partition(": ")[2] or ratio.words
        return f"no such price, as the policy {words} ({gained}, discounted)"
    told = "for each extra" if years.difference > 0 else "saved for each lost"
    return (
        f"{pounds(ratio.pounds)} {told} whole-time year of a consultant or GP, their own pay left out "
        f"({gained}, discounted)"
    )


def _cost_effects(money: CostTables, arm: str) -> dict[str, Difference]:
    rows = money.effects[money.effects["arm"] == arm]
    return {row["measure"]: Difference.of_mean(row, "mean") for _, row in rows.iterrows()}


def cost_heads(money: CostTables, arm: str, window: tuple[int, int]) -> dict[str, Difference]:
    """The differences of an arm in pounds a year by head, mean of the last years."""
    rows = money.costs[(money.costs["arm"] == arm) & (money.costs["by"] == "head")]
    rows = rows[(rows["from_year"] == window[0]) & (rows["to_year"] == window[1])]
    return {row["group"]: Difference.of_mean(row, "difference") for _, row in rows.iterrows()}


def _largest_heads(money: CostTables, arm: str, window: tuple[int, int]) -> str:
    heads = {head: each for head, each in cost_heads(money, arm, window).items() if each.clear}
    largest = sorted(heads, key=lambda head: -abs(heads[head].difference))[:MOST_HEADS]
    if not largest:
        return ""
    told = listed([f"{plain(head).lower()} {pounds_signed(heads[head])}" for head in largest])
    return f"; a year in the last years, {told}"


# all together ----------------------------------------------------------------------------------------
def additivity_sentences(comparison: Comparison, arm: Arm) -> Iterator[str]:
    """Whether the parts change each other: all together against the sum of each alone."""
    frame = comparison.additivity[comparison.additivity["arm"] == arm.name].set_index("kpi")
    if comparison.reps == 1:
        yield "One replication cannot tell whether the effects add up."
        return
    adds, told = [], 0
    for kpi in HEADLINE:
        if kpi not in frame.index:
            continue
        row = frame.loc[kpi]
        beyond = Difference.of_mean(row, "beyond")
        if abs(row["together"]) < SMALLEST and abs(row["sum"]) < SMALLEST:
            continue
        told += 1
        if beyond.clear:
            together, added = (signed(row[name], beyond) for name in ("together", "sum"))
            yield (
                f"**{TITLES[kpi]} does not add up**: together {together}, the sum of each alone {added}; "
                f"beyond the sum {signed(beyond.difference, beyond)} ({spread(beyond)})."
            )
        else:
            adds.append(TITLES[kpi])
    if adds:
        yield (
            f"**Adds up, as far as {comparison.reps} replications can tell** (the interval of together less "
            f"the sum holds 0): {listed(adds) if len(adds) < told else 'every indicator of the table above'}."
        )
