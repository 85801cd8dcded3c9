"""Silences, actions, events, transitions, revisions; what was folded, and what was copied to ClickHouse."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the tables, and lets an incident be taken back and be copied."""
    op.add_column("incidents", sa.Column("annulled_at", sa.Float))
    op.add_column("incidents", sa.Column("to_copy", sa.String(32)))
    op.create_index("ix_incidents_to_copy", "incidents", ["to_copy"])
    op.execute("UPDATE incidents SET to_copy = id")
    op.create_table(
        "folded_windows",
        sa.Column("window", sa.String(16), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("folded_at", sa.Float, nullable=False),
    )
    op.create_table(
        "transitions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.String(16), nullable=False, index=True),
        sa.Column("window", sa.String(16), nullable=False, index=True),
        sa.Column("transition", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("incident", "window", "transition", name="transitions_once"),
    )
    op.create_table(
        "silences",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("metric", sa.String(60)),
        sa.Column("slice_key", sa.Text),
        sa.Column("starts", sa.Float, nullable=False),
        sa.Column("ends", sa.Float, nullable=False, index=True),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expired_at", sa.Float),
    )
    op.create_table(
        "actions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(100), unique=True),
        sa.Column("subject", sa.String(16), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("metric", sa.String(60)),
        sa.Column("source", sa.String(60)),
        sa.Column("url", sa.Text),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "verdict_revisions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("window", sa.String(16), nullable=False, index=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("slice_key", sa.Text, nullable=False),
        sa.Column("judgement_before", sa.String(16), nullable=False),
        sa.Column("judgement", sa.String(16), nullable=False),
        sa.Column("value_before", sa.Float),
        sa.Column("value", sa.Float),
        sa.Column("expected_before", sa.Float),
        sa.Column("expected", sa.Float),
        sa.Column("score_before", sa.Float),
        sa.Column("score", sa.Float),
        sa.Column("noted_at", sa.Float, nullable=False),
        sa.UniqueConstraint("window", "version", "metric", "slice_key", name="verdict_revisions_once"),
    )
    op.create_table(
        "copied_messages",
        sa.Column("message", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("copied_at", sa.Float, nullable=False),
    )
