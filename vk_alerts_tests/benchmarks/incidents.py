"""How long a window takes from verdicts to outbox rows: fold, grouping, and a transaction in a real SQLite.

``python -m vk_alerts_tests.benchmarks.incidents [--series 60000] [--bad 0.01] [--windows 4]``

Two sources with six metrics in thousands of slices of two dimensions. In each window as many series as asked
for are bad: half of them in one operating system, which is one cause, half at random, which is none. Reading
the scores is not measured here; what a message needs from ClickHouse besides is left out, too.
"""

import argparse
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from vk_alerts.alerting.graph import graph_of
from vk_alerts.alerting.plan import Outcome, Telling, advance
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.story import Reading, Story
from vk_alerts.alerting.verdicts import Scored, Verdict, judge
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import Catalog
from vk_alerts.metrics.slices import Slice
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.foldings import Folding
from vk_alerts.state.incidents import Committed, IncidentRepository
from vk_alerts.state.outbox import NewRow
from vk_alerts.windows import STEP, window_key

START = datetime(2026, 3, 5, 11, tzinfo=UTC)
BUDGET_SECONDS = 5.0


def slices_of(count: int) -> list[str]:
    """The total, both operating systems, and so many towns of each."""
    keys = [Slice(), *(Slice((("os", os),)) for os in ("Android", "iOS"))]
    towns = (Slice((("os", os), ("town", f"{n}"))) for n in range(count) for os in ("Android", "iOS"))
    return [key.key for key in (*keys, *towns)][:count]


def verdicts_of(catalog: Catalog, keys: list[str], window: datetime, bad: np.ndarray) -> list[Verdict]:
    """Verdicts on all metrics and slices, as they come from the scores' table; ``bad`` ones have fallen."""
    verdicts, number = [], 0
    for file in catalog.files:
        for metric in file.metrics:
            for key in keys:
                fallen = bad[number]
                number += 1
                row = Scored(
                    source=file.source.name,
                    metric=metric.name,
                    slice_key=key,
                    window=window,
                    value=100.0 * (1.0 - fallen),
                    expected=100.0,
                    lower=90.0,
                    upper=110.0,
                    score=60.0 * abs(fallen),
                    evidence=100.0,
                    threshold=5.0,
                )
                verdicts.append(judge(row, metric))
    return verdicts


def fallen_series(rng: np.random.Generator, catalog: Catalog, keys: list[str], share: float) -> np.ndarray:
    """How far each series has fallen, a part of it."""
    metrics = len(catalog.metrics)
    wanted = int(share * metrics * len(keys))
    fallen = np.zeros((metrics, len(keys)))
    android = [n for n, key in enumerate(keys) if "os=Android" in key]
    chosen = rng.choice(android, size=min(len(android), wanted // 2 // metrics), replace=False)
    fallen[:, chosen] = 0.5
    flat = fallen.ravel()
    others = rng.choice(np.flatnonzero(flat == 0), size=wanted - int((flat > 0).sum()), replace=False)
    flat[others] = rng.uniform(0.2, 0.9, size=len(others))
    return flat


def told(telling: Telling, window: datetime) -> Story:
    """A story of the size that production writes."""
    head = telling.group.head
    reading = Reading(
        head.metric, head.metric, head.slice_key, head.slice_key, False, 1.0, 2.0, 1.0, 3.0, 9.0, True
    )
    return Story(
        kind=telling.kind,
        short_id=telling.group.id[:4].upper(),
        window=window,
        first_bad=head.first_bad,
        bad_windows=head.bad_run,
        headline=reading,
        yesterday=1.0,
        week_ago=1.0,
        members=(reading,) * min(30, len(telling.group.told.members) if telling.group.told else 1),
        neighbours=(reading,) * 3,
        chart_url=None,
        dashboard_url=None,
        partition_url=None,
        owner="",
    )


def fold(
    incidents: IncidentRepository, catalog: Catalog, verdicts: list[Verdict], window: datetime
) -> tuple[Outcome, dict[str, float]]:
    """Folds a window as production does; the seconds of each step."""
    rules = Rules()
    marks = [time.perf_counter()]
    before = incidents.situation(since=window - rules.remembered)
    audience = incidents.audience(before, now=window.timestamp())
    marks.append(time.perf_counter())
    outcome = advance(
        before,
        verdicts,
        window=window,
        may_tell=True,
        rules=rules,
        graph=graph_of(catalog.metrics),
        audience=audience,
    )
    marks.append(time.perf_counter())
    rows = [
        NewRow(
            group=telling.group.id,
            sequence=telling.group.sequence,
            kind=telling.kind,
            chat="console",
            window=window_key(window),
            story=told(telling, window),
            due_at=window.timestamp(),
        )
        for telling in outcome.tellings
    ]
    committed = incidents.commit(
        previous=window - STEP,
        window=window,
        before=before,
        outcome=outcome,
        rows=rows,
        folding=Folding(window, 1, "live", window.timestamp()),
        audience=audience,
    )
    marks.append(time.perf_counter())
    if committed is not Committed.DONE:
        raise SystemExit(f"window {window_key(window)}: {committed.value}")
    names = ("read", "fold and group", "write")
    return outcome, {name: marks[n + 1] - marks[n] for n, name in enumerate(names)}


def main() -> None:
    """Prints a line per window, and fails when one takes longer than the budget."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=60_000)
    parser.add_argument("--bad", type=float, default=0.01)
    parser.add_argument("--windows", type=int, default=4)
    options = parser.parse_args()
    catalog, rng = load_catalog(), np.random.default_rng(1)
    keys = slices_of(options.series // len(catalog.metrics))
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        incidents = IncidentRepository(open_database(sqlite_url(Path(folder) / "state.db")))
        incidents.begin_at(START - STEP)
        bad = fallen_series(rng, catalog, keys, options.bad)
        for number in range(options.windows):
            window = START + number * STEP
            # The same series are bad for two windows, then others are.
            bad = bad if number % 2 else fallen_series(rng, catalog, keys, options.bad)
            outcome, seconds = fold(incidents, catalog, verdicts_of(catalog, keys, window, bad), window)
            slowest = max(slowest, sum(seconds.values()))
            kinds = Counter(telling.kind.value for telling in outcome.tellings)
            print(
                f"window {number}: {len(bad)} series, {int((bad > 0).sum())} bad, "
                f"{sum(seconds.values()):.2f} s ("
                + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items())
                + f"); messages: {dict(kinds) or 'none'}; incidents {len(outcome.situation.incidents)}"
            )
    if slowest > BUDGET_SECONDS:
        raise SystemExit(f"slowest window {slowest:.2f} s, more than {BUDGET_SECONDS:g} s")


if __name__ == "__main__":
    main()
