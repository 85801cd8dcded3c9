"""What is printed: a table per suite, one of the kinds of incident, one of the parts."""

from collections.abc import Iterable, Sequence

import numpy as np
from rich.table import Table

from vk_alerts_tests.benchmarks.detection.ablation import PARTS
from vk_alerts_tests.benchmarks.detection.protocol import MONTH, RATES
from vk_alerts_tests.benchmarks.detection.runs import Run, mean_over_seeds

WEEK = 1.0
_RATE_NAMES = {7.0: "7 a week", 1.0: "1 a week", 0.25: "¼ a week", MONTH: "1 a month"}


def suite_table(suite: str, runs: Sequence[Run]) -> Table:
    """Methods against false alerts; means over the seeds, at one a week the lowest and the highest, too."""
    of = [one for one in runs if one.suite == suite]
    seeds = sorted({one.seed for one in of})
    incidents = max(sum(one.quality.incidents for one in of if one.method == m) for m in methods_of(of))
    table = Table(title=f"{suite}: {incidents} incidents, {_seeds_named(seeds)}", title_justify="left")
    table.add_column("method")
    for name in ("series", *(_RATE_NAMES[rate] for rate in RATES), "1st window", "minutes", "best F1"):
        table.add_column(name, justify="right")
    for method in methods_of(of):
        mine = [one for one in of if one.method == method]
        recall = [_recall(mine, rate) for rate in RATES]
        at_week = [one.quality.at[WEEK].recall for one in mine]
        if len(at_week) > 1:
            recall[RATES.index(WEEK)] += f" ({_share(min(at_week))}–{_share(max(at_week))})"
        table.add_row(
            method,
            str(mine[0].series),
            *recall,
            _share(mean_over_seeds(mine, lambda q: q.at[WEEK].at_once)),
            _minutes(mean_over_seeds(mine, lambda q: q.at[WEEK].delay_minutes)),
            _share(mean_over_seeds(mine, lambda q: q.best_f1)),
        )
    return table


def summary_table(runs: Sequence[Run]) -> Table:
    """Recall at one false alert a week | a month, every method on every suite."""
    suites = list(dict.fromkeys(one.suite for one in runs))
    table = Table(title="recall at 1 false alert a week | a month", title_justify="left")
    table.add_column("method")
    for suite in suites:
        table.add_column(suite, justify="right")
    for method in methods_of(runs):
        table.add_row(method, *(_both(runs, suite, method) for suite in suites))
    return table


def kinds_table(runs: Sequence[Run], *, methods: Sequence[str], suites: Sequence[str]) -> Table:
    """Recall at one false alert a week by kind of incident."""
    table = Table(title="by kind of incident, 1 false alert a week", title_justify="left")
    table.add_column("kind")
    columns = [(s, m) for s in suites for m in methods if any((r.suite, r.method) == (s, m) for r in runs)]
    for suite, method in columns:
        table.add_column(f"{suite}\n{method}", justify="right")
    of = {
        column: [one.quality.at[WEEK].by_kind for one in runs if (one.suite, one.method) == column]
        for column in columns
    }
    kinds = sorted({kind for counted in of.values() for by_kind in counted for kind in by_kind})
    for kind in kinds:
        cells = []
        for column in columns:
            pairs = [by_kind[kind] for by_kind in of[column] if kind in by_kind]
            cells.append(_share(sum(p[0] for p in pairs) / sum(p[1] for p in pairs)) if pairs else "")
        table.add_row(kind, *cells)
    return table


def ablation_table(runs: Sequence[Run], *, whole: str) -> Table:
    """What recall loses without each part, at one false alert a week and a month."""
    suites = list(dict.fromkeys(one.suite for one in runs))
    table = Table(
        title="worth of the parts: recall with it less recall without it, at 1 false alert a week | a month",
        title_justify="left",
    )
    table.add_column("part")
    table.add_column("without it")
    for suite in suites:
        table.add_column(suite, justify="right")
    table.add_column("mean", justify="right")
    table.add_row("(all)", "", *(_both(runs, suite, whole) for suite in suites), "", end_section=True)
    for part in PARTS:
        worth = np.array(
            [[_lost(runs, suite, part.name, whole, rate) for rate in (WEEK, MONTH)] for suite in suites]
        )
        cells = [f"{_signed(week)} | {_signed(month)}" for week, month in [*worth, worth.mean(axis=0)]]
        table.add_row(part.name, part.instead, *cells)
    return table


def methods_of(runs: Iterable[Run]) -> list[str]:
    """The methods in the order in which they ran."""
    return list(dict.fromkeys(one.method for one in runs))


def _of(runs: Sequence[Run], suite: str, method: str) -> list[Run]:
    return [one for one in runs if one.suite == suite and one.method == method]


def _lost(runs: Sequence[Run], suite: str, part: str, whole: str, rate: float) -> float:
    with_it, without_it = (
        mean_over_seeds(_of(runs, suite, method), lambda q: q.at[rate].recall) for method in (whole, part)
    )
    return with_it - without_it


def _both(runs: Sequence[Run], suite: str, method: str) -> str:
    if not _of(runs, suite, method):
        return ""
    return " | ".join(_recall(_of(runs, suite, method), rate) for rate in (WEEK, MONTH))


def _recall(runs: Sequence[Run], rate: float) -> str:
    return _share(mean_over_seeds(runs, lambda q: q.at[rate].recall))


def _share(number: float) -> str:
    return "–" if np.isnan(number) else f"{number:.3f}".removeprefix("0")


def _minutes(number: float) -> str:
    return "–" if np.isnan(number) else f"{number:.0f}"


def _signed(number: float) -> str:
    return f"{number:+.3f}".replace("0.", ".", 1)


def _seeds_named(seeds: Sequence[int]) -> str:
    return "as recorded" if list(seeds) == [0] else f"seeds {', '.join(map(str, seeds))}"
