"""Every bundle, need and transition of a scenario, worked out once, before the first month.

Where a person can go from and to is known from the blueprint, so what they give back before asking, what
they ask for and what they give back after the grant are rows of a table. Numbering: bundle 0 is nothing;
transitions are levels x regions (entering a level), then regions (an F2 year with a practice placement),
then levels x regions (starting a level with nothing in hand), then stages x regions (a year of medical
school), then what comes back from step-outs. When policies change what a level or a year asks for, there
is such a block for each of these eras, and behind them the moves from what a level asked for in an earlier
era.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline_sim.scenario.blueprint import PLACEMENT_SETTINGS, STAGES, Blueprint
from pipeline_sim.vocabulary import PoolKind

Items = tuple[tuple[int, int], ...]  # (pool, units), in the order in which a lack is reported

FOUNDATION = 0
AT_ONCE = -1  # instead of a need: nothing more is needed
SETTINGS = len(PLACEMENT_SETTINGS)


@dataclass(frozen=True)
class PoolNumbers:
    """Where each kind of pool begins."""

    regions: int
    programmes: int
    groups: int

    @classmethod
    def of(cls, blueprint: Blueprint) -> PoolNumbers:
        return cls(len(blueprint.regions), len(blueprint.programmes), len(blueprint.supervision_groups))

    def placement(self, setting: int, region: int) -> int:
        return setting * self.regions + region

    def post(self, programme: int, region: int) -> int:
        return (SETTINGS + programme) * self.regions + region

    def supervisor(self, group: int, region: int) -> int:
        return (SETTINGS + self.programmes + group) * self.regions + region

    def practice(self, region: int) -> int:
        return (SETTINGS + self.programmes + self.groups) * self.regions + region

    def support(self, region: int) -> int:
        return self.practice(self.regions) + region

    @property
    def count(self) -> int:
        return self.support(self.regions)

    def kinds(self) -> NDArray[np.int64]:
        """The ``PoolKind`` of each pool."""
        of_settings = [setting + 1 for setting in range(SETTINGS)]
        posts, supervisors = [PoolKind.TRAINING_POST] * self.programmes, [PoolKind.SUPERVISOR] * self.groups
        rows = [
            *of_settings, *posts, *supervisors, PoolKind.PRACTICE_PLACE, PoolKind.SUPPORT_PLACE
        ]  # fmt: skip
        return np.repeat(np.array([int(kind) for kind in rows], np.int64), self.regions)


@dataclass
class Needs:
    """The tables as they are filled."""

    bundles: dict[Items, int] = field(default_factory=lambda: {(): 0})
    needs: dict[tuple[tuple[Items, ...], bool], int] = field(default_factory=dict)
    rows: list[tuple[int, int, list[int], list[int]]] = field(default_factory=list)
    seats: list[int] = field(default_factory=list)

    def bundle(self, items: Items) -> int:
        """Number of a bundle; pools of which nothing is wanted are left out."""
        wanted = tuple((pool, units) for pool, units in items if units)
        return self.bundles.setdefault(wanted, len(self.bundles))

    def need(self, bundles: tuple[Items, ...], september_only: bool) -> int:
        return self.needs.setdefault((bundles, september_only), len(self.needs))

    def add(self, before: Items, need: int, after: Iterable[Items], results: Iterable[Items]) -> None:
        """A transition: given back before, need, given back after and held by the bundle taken."""
        self.rows.append(
            (
                self.bundle(before),
                need,
                [self.bundle(items) for items in after],
                [self.bundle(items) for items in results],
            )
        )

    def add_move(self, held: Items, wanted: tuple[Items, ...], posts: range) -> None:
        """From what is held to the first of ``wanted`` that fits.

        Whoever needs nothing more in one of them keeps what they have and asks for the rest; anyone else
        keeps only the post and asks for all the others together.
        """
        if held == wanted[0]:
            self.add((), AT_ONCE, [()], [held])
            return
        kept = {pool: min([units, *(dict(bundle).get(pool, 0) for bundle in wanted)]) for pool, units in held}
        more = _beyond(wanted, kept)
        if more[0] and all(more):
            kept = {pool: units for pool, units in kept.items() if pool in posts}
            more = _beyond(wanted, kept)
        before = tuple((pool, units - kept.get(pool, 0)) for pool, units in held)
        if not more[0]:
            self.add(before, AT_ONCE, [()], [wanted[0]])
            return
        after = [
            tuple((pool, max(0, units - dict(bundle).get(pool, 0))) for pool, units in kept.items())
            for bundle in wanted
        ]
        self.add(before, self.need(more, september_only=False), after, wanted)


def _beyond(wanted: tuple[Items, ...], kept: dict[int, int]) -> tuple[Items, ...]:
    return tuple(
        tuple((pool, units - kept.get(pool, 0)) for pool, units in bundle if units > kept.get(pool, 0))
        for bundle in wanted
    )


@dataclass(frozen=True)
class NeedTables:
    """The same as arrays. B bundles, D needs, X transitions, K most pools in a bundle, M most bundles."""

    pools: NDArray[np.int64]  # [B, K]
    units: NDArray[np.int64]  # [B, K], 0 beyond the last
    need_bundles: NDArray[np.int64]  # [D, M]
    need_count: NDArray[np.int64]  # [D]
    september_only: NDArray[np.int64]  # [D]
    before: NDArray[np.int64]  # [X] bundle given back before asking
    need: NDArray[np.int64]  # [X] need asked for, or AT_ONCE
    after: NDArray[np.int64]  # [X, M] bundle given back after the grant, by the bundle taken
    result: NDArray[np.int64]  # [X, M] bundle then held
    seat: NDArray[np.int64]  # [X] bundle of a trainee who is in the level, 0 for other transitions
    pool_kind: NDArray[np.int64]  # [pools]


def training_items(
    blueprint: Blueprint, numbers: PoolNumbers, programme: int, level: int, region: int
) -> Items:
    """Post, supervisor and practice place of a level; foundation has no post pool of its own."""
    supervisor = numbers.supervisor(int(blueprint.programme_group[programme]), region)
    items: Items = () if programme == FOUNDATION else ((numbers.post(programme, region), 1),)
    items += ((supervisor, int(blueprint.level_supervisor_units[level])),)
    items += ((numbers.practice(region), int(blueprint.level_practice_units[level])),)
    return tuple((pool, units) for pool, units in items if units)


def what_is_asked(blueprint: Blueprint) -> tuple[bytes | int, ...]:
    """Equal for blueprints of the same scenario whose transitions are the same."""
    return (
        blueprint.level_practice_units.tobytes(),
        blueprint.level_supervisor_units.tobytes(),
        blueprint.mix_units.tobytes(),
        blueprint.foundation_practice_units,
    )


def work_out_needs(eras: Sequence[Blueprint], numbers: PoolNumbers) -> NeedTables:
    """All transitions of a scenario; ``eras`` are blueprints that differ in what is asked, in order."""
    needs = Needs()
    for era in eras:
        _add_era(needs, era, eras[0], numbers)
    for earlier in eras[1:]:
        for era in eras:
            _add_moves(needs, earlier, era, numbers)
    return _as_arrays(needs, numbers.kinds())


def _add_moves(needs: Needs, earlier: Blueprint, blueprint: Blueprint, numbers: PoolNumbers) -> None:
    """Moves up a level from what the level below asked for in an earlier era (or the same one)."""
    regions = range(len(blueprint.regions))
    posts = range(numbers.post(0, 0), numbers.supervisor(0, 0))
    for programme in range(len(blueprint.programmes)):
        first = int(blueprint.level_first[programme])
        for level in range(first, first + int(blueprint.level_count[programme])):
            for region in regions:
                held = training_items(earlier, numbers, programme, level - 1, region) if level > first else ()
                wanted = training_items(blueprint, numbers, programme, level, region)
                needs.add_move(held, (wanted,), posts)
                needs.seats.append(needs.bundle(wanted))
    for region in regions:
        first = int(blueprint.level_first[FOUNDATION])
        held = training_items(earlier, numbers, FOUNDATION, first, region)
        plain = training_items(blueprint, numbers, FOUNDATION, first + 1, region)
        units = blueprint.foundation_practice_units
        with_practice = ((*plain, (numbers.practice(region), units)), plain) if units else (plain,)
        needs.add_move(held, with_practice, posts)
        needs.seats.append(0)


def _add_era(needs: Needs, blueprint: Blueprint, first_era: Blueprint, numbers: PoolNumbers) -> None:
    regions = range(len(blueprint.regions))
    posts = range(numbers.post(0, 0), numbers.supervisor(0, 0))
    _add_moves(needs, first_era, blueprint, numbers)
    for programme in range(len(blueprint.programmes)):
        first = int(blueprint.level_first[programme])
        for level in range(first, first + int(blueprint.level_count[programme])):
            for region in regions:
                needs.add_move((), (training_items(blueprint, numbers, programme, level, region),), posts)
    for stage in range(len(STAGES)):
        start, count = int(blueprint.mix_first[stage]), int(blueprint.mix_count[stage])
        for region in regions:
            mixes = tuple(
                tuple(
                    (numbers.placement(setting, region), units)
                    for setting, units in enumerate(blueprint.mix_units[row].tolist())
                    if units
                )
                for row in range(start, start + count)
            )
            if mixes:
                needs.add((), needs.need(mixes, september_only=True), [()] * len(mixes), mixes)
            else:
                needs.add((), AT_ONCE, [()], [()])
    if blueprint.step_outs:
        _add_returns(needs, blueprint, numbers, posts)
    needs.seats += [0] * (len(needs.rows) - len(needs.seats))


def moves_count(blueprint: Blueprint) -> int:
    """Transitions of moving up a level: one a level and region, and F2 years with a practice placement."""
    return (len(blueprint.levels) + 1) * len(blueprint.regions)


def era_count(blueprint: Blueprint) -> int:
    """Transitions of one era."""
    if not blueprint.step_outs:
        return returns_from(blueprint)
    return posts_alone_from(blueprint) + len(blueprint.programmes) * len(blueprint.regions)


def entries_from(blueprint: Blueprint) -> int:
    """The first transition of starting a programme, nothing in hand: one a level and region."""
    return moves_count(blueprint)


def placements_from(blueprint: Blueprint) -> int:
    """The first transition into a year of medical school: one a stage and region."""
    return entries_from(blueprint) + len(blueprint.levels) * len(blueprint.regions)


def returns_from(blueprint: Blueprint) -> int:
    """The first transition of coming back: four a level and region, by post in hand and support."""
    return placements_from(blueprint) + len(STAGES) * len(blueprint.regions)


def posts_alone_from(blueprint: Blueprint) -> int:
    """The first transition whose seat is a post and nothing else: one a programme and region."""
    return returns_from(blueprint) + 4 * len(blueprint.levels) * len(blueprint.regions)


def _add_returns(needs: Needs, blueprint: Blueprint, numbers: PoolNumbers, posts: range) -> None:
    regions = range(len(blueprint.regions))
    extra = int(blueprint.return_support[:, -1].max(initial=0))
    of_level = np.repeat(np.arange(len(blueprint.programmes)), blueprint.level_count)
    needs.seats += [0] * (len(needs.rows) - len(needs.seats))
    for level, programme in enumerate(of_level.tolist()):
        for region in regions:
            plain = training_items(blueprint, numbers, programme, level, region)
            supervisor = numbers.supervisor(int(blueprint.programme_group[programme]), region)
            more = dict(plain)
            more[supervisor] = more.get(supervisor, 0) + extra
            supported = (*more.items(), (numbers.support(region), 1))
            for held in ((), tuple(item for item in plain if item[0] in posts)):
                for wanted in ((plain,), (supported, plain)):
                    needs.add_move(held, wanted, posts)
                    needs.seats.append(0)
    for programme in range(len(blueprint.programmes)):
        for region in regions:
            post = ((numbers.post(programme, region), 1),)
            needs.add(post, AT_ONCE, [()], [()])
            needs.seats.append(needs.bundle(post))


def _as_arrays(needs: Needs, pool_kind: NDArray[np.int64]) -> NeedTables:
    asked = [tuple(needs.bundle(items) for items in bundles) for bundles, _ in needs.needs]
    width = max(1, *(len(items) for items in needs.bundles))
    most = max(1, *(len(row[3]) for row in needs.rows))
    pools, units = (np.zeros((len(needs.bundles), width), np.int64) for _ in range(2))
    for items, number in needs.bundles.items():
        for k, (pool, amount) in enumerate(items):
            pools[number, k], units[number, k] = pool, amount

    def padded(rows: list[list[int]]) -> NDArray[np.int64]:
        table = np.zeros((max(len(rows), 1), most), np.int64)
        for number, row in enumerate(rows):
            table[number, : len(row)] = row
        return table

    return NeedTables(
        pools=pools,
        units=units,
        need_bundles=padded([list(bundles) for bundles in asked]),
        need_count=np.array([len(bundles) for bundles in asked] or [0], np.int64),
        september_only=np.array([int(only) for _, only in needs.needs] or [0], np.int64),
        before=np.array([row[0] for row in needs.rows], np.int64),
        need=np.array([row[1] for row in needs.rows], np.int64),
        after=padded([row[2] for row in needs.rows]),
        result=padded([row[3] for row in needs.rows]),
        seat=np.array(needs.seats + [0] * (len(needs.rows) - len(needs.seats)), np.int64),
        pool_kind=pool_kind,
    )
