"""The tables that hold incidents, and what was told of them, for BI: rows are appended, never changed."""

from vk_alerts.clickhouse.spec import Column, TableSpec

# The newest version of an incident is what holds; see sql/incident_history.sql for how to read it.
INCIDENT_HISTORY = TableSpec(
    name="incident_history",
    columns=(
        Column("incident", "String"),
        Column("version", "UInt64"),
        # What messages show as #inc_…, the same for all that were told together; empty = never told.
        Column("group", "String"),
        Column("source", "String"),
        Column("metric", "String"),
        Column("slice", "String"),
        Column("direction", "String"),
        # firing, recovering or closed; annulled: computing again took it back.
        Column("state", "String"),
        Column("first_bad", "DateTime('UTC')"),
        Column("last_bad", "DateTime('UTC')"),
        Column("closed_at", "Nullable(DateTime('UTC'))"),
        Column("bad_windows", "UInt32"),
        # Share of the expected value, signed; and the sum of value - expected over bad windows.
        Column("worst", "Float64"),
        Column("missed", "Float64"),
    ),
    engine="ENGINE = MergeTree PARTITION BY toYYYYMM(first_bad) ORDER BY (first_bad, incident, version)",
)

# One row per message whose fate is known; copied again it has a newer version.
NOTIFICATION_HISTORY = TableSpec(
    name="notification_history",
    columns=(
        Column("message", "UInt64"),
        Column("version", "UInt64"),
        Column("group", "String"),
        Column("kind", "String"),
        Column("chat", "String"),
        Column("window_start", "DateTime('UTC')"),
        Column("metric", "String"),
        Column("slice", "String"),
        # sent, uncertain, dead, merged or expired.
        Column("state", "String"),
        Column("text", "String"),
    ),
    engine=(
        "ENGINE = MergeTree PARTITION BY toYYYYMM(window_start) ORDER BY (window_start, message, version)"
    ),
)

TOLD_TABLES = (INCIDENT_HISTORY, NOTIFICATION_HISTORY)
