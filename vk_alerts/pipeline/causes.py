"""Where a deviation lies: the slices that explain the headline of a message."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from vk_alerts.alerting.story import Contribution, Language, Reading
from vk_alerts.alerting.verdicts import Scored
from vk_alerts.metrics.leaves import leaves_query
from vk_alerts.metrics.model import Metric, MetricKind
from vk_alerts.metrics.slices import Slice
from vk_alerts.pipeline.labels import slice_label
from vk_alerts.pipeline.stores import Stores
from vk_alerts.rootcause import Cause, explain, explain_uniques
from vk_alerts.rootcause.search import RELATIVE_NOISE

LOGGER = logging.getLogger(__name__)

MOST = 3
# Causes are a help, not the message: what takes longer is left out.
DEADLINE_SECONDS = 5.0
_WEEKS = 4


def contributions(
    stores: Stores, metric: Metric, headline: Reading, rows: Sequence[Scored], window: datetime
) -> tuple[Contribution, ...]:
    """The slices in which the headline's change lies, largest first; empty when that is unknown.

    Counts and ratios are searched in the events of the window over all combinations of the source's
    dimensions, against the same windows of the last weeks brought to the expected total. Distinct users, who
    do not add up, are searched in the scores of the watched slices.

    Args:
        stores: for the events.
        metric: the headline's metric.
        headline: its value and expectation in the window.
        rows: the scores of all series of the window.
        window: its start.
    """
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        search = pool.submit(_search, stores, metric, headline, rows, window)
        return search.result(timeout=DEADLINE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it is, the alert goes out without the causes
        reason = str(error) or type(error).__name__
        LOGGER.warning("causes=left out metric=%s reason=%s", metric.name, reason)
        return ()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _search(
    stores: Stores, metric: Metric, headline: Reading, rows: Sequence[Scored], window: datetime
) -> tuple[Contribution, ...]:
    if headline.value is None or headline.expected is None or headline.value == headline.expected:
        return ()
    change = headline.value - headline.expected
    if metric.kind is MetricKind.UNIQUE:
        causes = _of_users(metric, headline, rows)
    else:
        causes = _of_events(stores, metric, headline, window)
    language = Language(stores.settings.language)
    part = Slice.from_key(headline.slice_key)
    return tuple(
        Contribution(
            label=slice_label(Slice((*part.items, *cause.slice.items())).key, language),
            change=change * cause.share,
            share=cause.share,
        )
        for cause in causes
        # What changed the other way explains nothing of what is told.
        if cause.share > 0
    )


def _of_users(metric: Metric, headline: Reading, rows: Sequence[Scored]) -> list[Cause]:
    """Causes among the watched slices of one dimension; only the total has such slices."""
    if not Slice.from_key(headline.slice_key).is_total or headline.value is None or headline.expected is None:
        return []
    found = [
        (items[0][0], items[0][1], row.value, row.expected)
        for row in rows
        for items in [Slice.from_key(row.slice_key).items]
        if row.metric == metric.name
        and len(items) == 1
        and row.value is not None
        and row.expected is not None
    ]
    slices = pd.DataFrame(found, columns=["dimension", "value", "actual", "expected"])
    return explain_uniques(
        slices,
        dimensions=list(dict.fromkeys(slices["dimension"])),
        actual_total=headline.value,
        expected_total=headline.expected,
        top=MOST,
    )


def _of_events(stores: Stores, metric: Metric, headline: Reading, window: datetime) -> list[Cause]:
    earlier = [window - timedelta(weeks=k) for k in range(1, _WEEKS + 1)]
    file = stores.catalog.source_file(stores.catalog.source_of(metric.name).name)
    query = leaves_query(file, metric, window, earlier)
    if query is None:
        return []
    columns = {column: name for name, column in query.dimension_columns.items()}
    leaves = stores.events.read(query.sql).rename(columns=columns)
    fixed = dict(Slice.from_key(headline.slice_key).items)
    for dimension, value in fixed.items():
        leaves = leaves[leaves[dimension] == value]
    dimensions = [name for name in query.dimension_columns if name not in fixed]
    if leaves.empty or not dimensions:
        return []
    actual, expected, variance = _expectation(leaves, query.counted, float(headline.expected or 0.0))
    table = leaves[dimensions].assign(actual=actual, expected=expected, variance=variance)
    return explain(table, dimensions=dimensions, top=MOST)


def _expectation(
    leaves: pd.DataFrame, counted: Sequence[str], total: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Actual and expected events of every leaf, and the variance around them.

    Args:
        leaves: the answer of a `LeavesQuery`.
        counted: one metric, or numerator and denominator.
        total: what was expected of all leaves together: events, or a ratio.
    """

    def column(name: str) -> np.ndarray:
        return leaves[name].to_numpy(dtype=np.float64)

    now, then = column(f"{counted[0]}_now"), column(f"{counted[0]}_then")
    if len(counted) == 1:
        usual, goal = then, total
    else:
        # Each leaf's own ratio of earlier weeks, applied to what there was to divide by.
        below_now, below_then = column(f"{counted[1]}_now"), column(f"{counted[1]}_then")
        overall = then.sum() / max(below_then.sum(), 1.0)
        usual = below_now * np.where(below_then > 0, then / np.maximum(below_then, 1.0), overall)
        goal = total * below_now.sum()
    scale = goal / usual.sum() if usual.sum() > 0 else 0.0
    expected = usual * scale
    # The expectation itself is only as sure as the earlier weeks had events.
    of_the_past = expected**2 / np.maximum(then, 1.0)
    return now, expected, expected + of_the_past + (RELATIVE_NOISE * expected) ** 2
