"""The bot's process: how far it has read, and what «false» has widened."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Creates the tables of bots and tolerances."""
    op.create_table(
        "bots",
        sa.Column("bot", sa.String(32), primary_key=True),
        sa.Column("next_update", sa.BigInteger),
        sa.Column("holder", sa.String(32)),
        sa.Column("lease_until", sa.Float, nullable=False),
    )
    op.create_table(
        "tolerances",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("slice_key", sa.Text, nullable=False),
        sa.Column("factor", sa.Float, nullable=False),
        sa.Column("starts", sa.Float, nullable=False),
        sa.Column("ends", sa.Float, nullable=False, index=True),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("group", sa.String(16), nullable=False, index=True),
    )
