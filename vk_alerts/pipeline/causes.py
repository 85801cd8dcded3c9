"""Where a deviation lies: the slices that explain the headline of a message."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from vk_alerts.alerting.story import Contribution, Language, Reading
from vk_alerts.alerting.verdicts import Scored
from vk_alerts.metrics.leaves import leaves_query
from vk_alerts.metrics.model import Metric, MetricKind
from vk_alerts.metrics.people import people_query
from vk_alerts.metrics.slices import Slice
from vk_alerts.pipeline.labels import slice_label, weight_label
from vk_alerts.pipeline.ratio_causes import Mix, RatioLeaves
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
    dimensions, against the same windows of the last weeks brought to the expected total; a ratio both for
    the slices whose rate changed and for the one whose weight did. Distinct users, who do not add up, are
    searched in the scores of the watched slices, or in a headline's slice among the parts that it has by each
    other dimension.

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
    mix: Mix | None = None
    if metric.kind is MetricKind.UNIQUE:
        causes = _of_users(stores, metric, headline, rows, window)
    else:
        causes, mix = _of_events(stores, metric, headline, window)
    language = Language(stores.settings.language)
    part = Slice.from_key(headline.slice_key)

    def label(found: Mapping[str, str]) -> str:
        return slice_label(Slice((*part.items, *found.items())).key, language)

    told = [Contribution(label(cause.slice), change * cause.share, cause.share) for cause in causes]
    if mix is not None:
        name = weight_label(label(mix.slice), mix.before, mix.after, language)
        told.append(Contribution(name, change * mix.share, mix.share))
    # What changed the other way explains nothing of what is told.
    with_it = [one for one in told if one.share is not None and one.share > 0]
    return tuple(sorted(with_it, key=lambda one: -(one.share or 0.0)) if mix else with_it)[:MOST]


def _of_users(
    stores: Stores, metric: Metric, headline: Reading, rows: Sequence[Scored], window: datetime
) -> list[Cause]:
    """Causes among slices by one more dimension: the total's are watched, those of a slice are counted."""
    if headline.value is None or headline.expected is None:
        return []
    part = Slice.from_key(headline.slice_key)
    if part.is_total:
        slices = _watched(metric, rows)
    else:
        slices = _parts(stores, metric, part, window, expected=headline.expected)
    return explain_uniques(
        slices,
        dimensions=list(dict.fromkeys(slices["dimension"])),
        actual_total=headline.value,
        expected_total=headline.expected,
        top=MOST,
    )


def _watched(metric: Metric, rows: Sequence[Scored]) -> pd.DataFrame:
    found = [
        (items[0][0], items[0][1], row.value, row.expected)
        for row in rows
        for items in [Slice.from_key(row.slice_key).items]
        if row.metric == metric.name
        and len(items) == 1
        and row.value is not None
        and row.expected is not None
    ]
    return pd.DataFrame(found, columns=["dimension", "value", "actual", "expected"])


def _parts(stores: Stores, metric: Metric, part: Slice, window: datetime, *, expected: float) -> pd.DataFrame:
    """The users of a slice's parts, each expected as in earlier weeks, brought to the slice's expectation."""
    file = stores.catalog.source_file(stores.catalog.source_of(metric.name).name)
    earlier = [window - timedelta(weeks=week) for week in range(1, _WEEKS + 1)]
    query = people_query(file, metric, part, window, earlier)
    found = stores.events.read(query.sql)
    for dimension, value in part.items:
        found = found[found[query.slice_columns[dimension]].astype(str) == value]
    whole = found["part_dimension"] == ""
    then = float(found.loc[whole, "users_then"].sum())
    parts = found[~whole]
    return pd.DataFrame(
        {
            "dimension": parts["part_dimension"],
            "value": parts["part_value"],
            "actual": parts["users_now"].astype("float64"),
            "expected": parts["users_then"] * (expected / then if then > 0 else 0.0),
        }
    )


def _of_events(
    stores: Stores, metric: Metric, headline: Reading, window: datetime
) -> tuple[list[Cause], Mix | None]:
    earlier = [window - timedelta(weeks=k) for k in range(1, _WEEKS + 1)]
    file = stores.catalog.source_file(stores.catalog.source_of(metric.name).name)
    query = leaves_query(file, metric, window, earlier)
    if query is None:
        return [], None
    columns = {column: name for name, column in query.dimension_columns.items()}
    leaves = stores.events.read(query.sql).rename(columns=columns)
    fixed = dict(Slice.from_key(headline.slice_key).items)
    for dimension, value in fixed.items():
        leaves = leaves[leaves[dimension] == value]
    dimensions = [name for name in query.dimension_columns if name not in fixed]
    if leaves.empty or not dimensions:
        return [], None
    if len(query.counted) == 1:
        return _of_counts(leaves, dimensions, query.counted[0], float(headline.expected or 0.0)), None
    above, below = query.counted
    names = {f"{above}_now": "above_now", f"{above}_then": "above_then"}
    names |= {f"{below}_now": "below_now", f"{below}_then": "below_then"}
    table = leaves.rename(columns=names)
    ratio = RatioLeaves(table, dimensions, value=headline.value or 0.0, expected=headline.expected or 0.0)
    return ratio.causes(MOST)


def _of_counts(leaves: pd.DataFrame, dimensions: list[str], counted: str, total: float) -> list[Cause]:
    """Causes among all slices, each leaf expected as in earlier weeks, brought to the expected total."""
    now, then = (leaves[f"{counted}_{when}"].to_numpy(dtype=np.float64) for when in ("now", "then"))
    expected = then * (total / then.sum() if then.sum() > 0 else 0.0)
    # The expectation itself is only as sure as the earlier weeks had events.
    variance = expected + expected**2 / np.maximum(then, 1.0) + (RELATIVE_NOISE * expected) ** 2
    table = leaves[dimensions].assign(actual=now, expected=expected, variance=variance)
    return explain(table, dimensions=dimensions, top=MOST)
