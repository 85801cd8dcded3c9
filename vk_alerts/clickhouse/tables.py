"""The tables vk_alerts writes to ClickHouse."""

from vk_alerts.clickhouse.spec import Column, TableSpec
from vk_alerts.clickhouse.told_tables import TOLD_TABLES

SNAPSHOTS = TableSpec(
    name="metric_snapshots",
    columns=(
        Column("source", "String"),
        Column("metric", "String"),
        Column("slice", "String"),
        Column("window_start", "DateTime('UTC')"),
        Column("version", "UInt64"),
        # value = numerator / denominator; counts have the denominator 1. NULL: nothing to divide by.
        # Of quantiles and gauges the numerator is the value, the denominator the events that it comes from.
        Column("value", "Nullable(Float64)"),
        Column("numerator", "Float64"),
        Column("denominator", "Float64"),
        Column("events", "UInt64"),
    ),
    # By time: a tick reads whole days, 18 of the last 62; in the order of series it would read all of them.
    # With more than a thousand slices, reading some of them takes a finer index than by default.
    engine=(
        "ENGINE = MergeTree PARTITION BY toYYYYMM(window_start) "
        "ORDER BY (source, window_start, metric, slice, version) SETTINGS index_granularity = 2048"
    ),
)

SCORES = TableSpec(
    name="anomaly_scores",
    columns=(
        Column("window_start", "DateTime('UTC')"),
        Column("source", "String"),
        Column("metric", "String"),
        Column("slice", "String"),
        Column("version", "UInt64"),
        Column("value", "Nullable(Float64)"),
        Column("expected", "Nullable(Float64)"),
        Column("lower", "Nullable(Float64)"),
        Column("upper", "Nullable(Float64)"),
        # Robust standard deviations; NULL: no verdict. The one that decides, and what it was decided from.
        Column("score", "Nullable(Float64)"),
        # Events the verdict rests on: the larger of value and expected; otherwise the denominator.
        Column("evidence", "Nullable(Float64)"),
        Column("threshold", "Float64"),
        Column("detector", "String"),
        # The score of the series' own value.
        Column("own_score", "Nullable(Float64)"),
        # That of its share of the total; NULL: the total itself, or nothing to judge the share by.
        Column("share_score", "Nullable(Float64)"),
        # own or share.
        Column("decided_by", "String"),
    ),
    engine=(
        "ENGINE = MergeTree PARTITION BY toYYYYMM(window_start) "
        "ORDER BY (window_start, metric, slice, version)"
    ),
)

COMMITS = TableSpec(
    name="commits",
    columns=(
        Column("asset", "String"),
        Column("window_start", "DateTime('UTC')"),
        Column("version", "UInt64"),
        Column("rows", "UInt32"),
        # live, backfill or rerun: only a live window may page.
        Column("origin", "String"),
        Column("run_id", "String"),
        Column("committed_at", "DateTime('UTC')"),
    ),
    engine="ENGINE = MergeTree ORDER BY (asset, window_start, version)",
)

# What the detector remembers of the past through a local day; can be computed again at any time. A day's rows
# are one INSERT, and so there as a whole or not at all.
MEMORIES = TableSpec(
    name="detector_memories",
    columns=(
        Column("source", "String"),
        # The day's first window.
        Column("day", "DateTime('UTC')"),
        # Of the history and the settings that they were computed from.
        Column("fingerprint", "String"),
        Column("metric", "String"),
        Column("slice", "String"),
        # float64, little-endian, as hexadecimal digits: exact on every server.
        Column("numbers", "String"),
    ),
    engine="ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (source, day, fingerprint, metric, slice)",
)

# Calibrated thresholds of series, and what they rest on; a series that is not there has its start value.
THRESHOLDS = TableSpec(
    name="thresholds",
    columns=(
        # First window of the local day at whose end they were computed; they hold from the next day but one.
        Column("window_start", "DateTime('UTC')"),
        Column("source", "String"),
        Column("metric", "String"),
        Column("slice", "String"),
        Column("version", "UInt64"),
        Column("threshold", "Float64"),
        Column("hard_threshold", "Float64"),
        # The series' class, and the wider one whose past was used where its own is too small.
        Column("class", "String"),
        Column("fitted_on", "String"),
        Column("class_series", "UInt32"),
        # False alerts a week that are expected of all series of the class.
        Column("expected_a_week", "Float64"),
        # Openings of one series a week at a score x: tail_rate * exp(-tail_slope * (x - tail_base)).
        Column("tail_base", "Float64"),
        Column("tail_rate", "Float64"),
        Column("tail_slope", "Float64"),
        Column("tail_peaks", "UInt32"),
        # What the budget allows the class' tier, totals or slices, a week.
        Column("budget_a_week", "Float64"),
        # First window of the past that was looked at.
        Column("since", "DateTime('UTC')"),
    ),
    engine=(
        "ENGINE = MergeTree PARTITION BY toYYYYMM(window_start) "
        "ORDER BY (window_start, metric, slice, version)"
    ),
)

RESULT_TABLES = (SNAPSHOTS, SCORES, COMMITS, MEMORIES, THRESHOLDS, *TOLD_TABLES)
