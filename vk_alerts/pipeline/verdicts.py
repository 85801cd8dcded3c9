"""Rows of ``anomaly_scores`` → verdicts on them."""

import pandas as pd

from vk_alerts.alerting.verdicts import DecidedBy, Scored, Verdict, judge
from vk_alerts.metrics.model import Catalog


def verdicts_on(catalog: Catalog, frame: pd.DataFrame) -> list[Verdict]:
    """The verdicts on rows of ``anomaly_scores``, in order; not on metrics that have left the catalog."""
    policies = {metric.name: metric for metric in catalog.metrics}
    return [judge(row, policies[row.metric]) for row in scored_rows(frame) if row.metric in policies]


def scored_rows(frame: pd.DataFrame) -> list[Scored]:
    """The rows of ``anomaly_scores`` as values; NULL and NaN become None."""
    columns = {
        name: _optional(frame[name]) for name in ("value", "expected", "lower", "upper", "score", "evidence")
    }
    return [
        Scored(
            source=source,
            metric=metric,
            slice_key=slice_key,
            window=window.to_pydatetime(),
            value=columns["value"][row],
            expected=columns["expected"][row],
            lower=columns["lower"][row],
            upper=columns["upper"][row],
            score=columns["score"][row],
            evidence=columns["evidence"][row],
            threshold=float(threshold),
            # Rows of before slices were judged by their shares have no word here.
            decided_by=DecidedBy(decided_by or DecidedBy.OWN),
        )
        for row, (source, metric, slice_key, window, threshold, decided_by) in enumerate(
            zip(
                frame["source"],
                frame["metric"],
                frame["slice"],
                frame["window_start"],
                frame["threshold"],
                frame["decided_by"],
                strict=True,
            )
        )
    ]


def _optional(column: "pd.Series[float]") -> list[float | None]:
    return [
        None if value != value else float(value)
        for value in column.to_numpy(dtype="float64", na_value=float("nan"))
    ]
