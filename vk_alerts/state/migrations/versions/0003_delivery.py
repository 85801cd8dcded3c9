"""Delivery: where a message goes, what it holds, how far it came; what is known of chats."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds what delivery remembers."""
    for column in (
        sa.Column("form", sa.String(16), nullable=False, server_default="story"),
        sa.Column("topic", sa.Integer),
        sa.Column("mention", sa.Text),
        sa.Column("heading", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False, server_default="2"),
        sa.Column("created_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("tried_at", sa.Float),
        sa.Column("told_by", sa.Integer),
        sa.Column("photo_id", sa.Text),
        sa.Column("keyboard", sa.JSON),
    ):
        op.add_column("outbox", column)
    outbox = sa.table("outbox", sa.column("created_at", sa.Float), sa.column("due_at", sa.Float))
    op.execute(outbox.update().values(created_at=outbox.c.due_at))
    op.create_index("ix_outbox_told_by", "outbox", ["told_by"])
    op.create_index("ix_outbox_tried_at", "outbox", ["tried_at"])
    op.create_table(
        "chats",
        sa.Column("chat", sa.String(100), primary_key=True),
        sa.Column("moved_to", sa.String(100)),
        sa.Column("paused_until", sa.Float),
        sa.Column("reason", sa.Text),
    )
