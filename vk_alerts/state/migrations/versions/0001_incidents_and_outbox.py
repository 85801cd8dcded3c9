"""Incidents, groups, outbox and watermarks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("slice_key", sa.Text, nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False, index=True),
        sa.Column("first_bad", sa.String(16), nullable=False),
        sa.Column("last_bad", sa.String(16), nullable=False),
        sa.Column("closed_at", sa.String(16), index=True),
        sa.Column("group", sa.String(16), index=True),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("opened", sa.String(16), nullable=False),
        sa.Column("is_finished", sa.Boolean, nullable=False, index=True),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("group", sa.String(16), nullable=False, index=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("chat", sa.String(100), nullable=False),
        sa.Column("window", sa.String(16), nullable=False),
        sa.Column("story", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("uncertain_attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("lease_until", sa.Float),
        sa.Column("claim", sa.String(32)),
        sa.Column("message_id", sa.String(64)),
        sa.Column("caption", sa.Text),
        sa.Column("chart", sa.Text),
        sa.Column("problem", sa.Text),
    )
    op.create_table(
        "watermarks",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("window", sa.String(16), nullable=False),
    )
