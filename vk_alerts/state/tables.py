"""The tables of the state database."""

import sqlalchemy as sa

METADATA = sa.MetaData()

INCIDENTS = sa.Table(
    "incidents",
    METADATA,
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
    # When computing a window again took it back; it stays, because people were told its id.
    sa.Column("annulled_at", sa.Float),
    # Set anew by each change, NULL once the change is in ClickHouse, too.
    sa.Column("to_copy", sa.String(32), index=True),
)

GROUPS = sa.Table(
    "groups",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("source", sa.String(60), nullable=False),
    sa.Column("opened", sa.String(16), nullable=False),
    sa.Column("is_finished", sa.Boolean, nullable=False, index=True),
    sa.Column("body", sa.JSON, nullable=False),
)

# One row per message and chat. Times are seconds since the epoch: SQLite and PostgreSQL compare them alike.
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),
    sa.Column("group", sa.String(16), nullable=False, index=True),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("chat", sa.String(100), nullable=False),
    sa.Column("window", sa.String(16), nullable=False),
    sa.Column("story", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("uncertain_attempts", sa.Integer, nullable=False, default=0),
    sa.Column("due_at", sa.Float, nullable=False),
    sa.Column("lease_until", sa.Float),
    sa.Column("claim", sa.String(32)),
    sa.Column("message_id", sa.String(64)),
    sa.Column("caption", sa.Text),
    sa.Column("chart", sa.Text),
    sa.Column("problem", sa.Text),
    sa.Column("form", sa.String(16), nullable=False, default="story"),
    sa.Column("topic", sa.Integer),
    sa.Column("mention", sa.Text),
    sa.Column("heading", sa.Text),
    sa.Column("priority", sa.Integer, nullable=False, default=2),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("tried_at", sa.Float, index=True),
    sa.Column("told_by", sa.Integer, index=True),
    sa.Column("photo_id", sa.Text),
    sa.Column("keyboard", sa.JSON(none_as_null=True)),
)

# What was learned about a chat while sending to it. The bot itself has a row, too.
CHATS = sa.Table(
    "chats",
    METADATA,
    sa.Column("chat", sa.String(100), primary_key=True),
    sa.Column("moved_to", sa.String(100)),
    sa.Column("paused_until", sa.Float),
    sa.Column("reason", sa.Text),
)

WATERMARKS = sa.Table(
    "watermarks",
    METADATA,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("window", sa.String(16), nullable=False),
)

# Which version of each window's scores was folded, and when: what tells a rerun, and an outage.
FOLDED_WINDOWS = sa.Table(
    "folded_windows",
    METADATA,
    sa.Column("window", sa.String(16), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),
    sa.Column("folded_at", sa.Float, nullable=False),
)

# What happened to incidents, window by window, and why.
TRANSITIONS = sa.Table(
    "transitions",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("incident", sa.String(16), nullable=False, index=True),
    sa.Column("window", sa.String(16), nullable=False, index=True),
    sa.Column("transition", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.UniqueConstraint("incident", "window", "transition", name="transitions_once"),
)

# NULL metric or slice: every one.
SILENCES = sa.Table(
    "silences",
    METADATA,
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

# What people did about an incident or a group: taken, false, correct, muted.
ACTIONS = sa.Table(
    "actions",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    # What makes it this one, such as a button's press: a second report of it changes nothing.
    sa.Column("key", sa.String(100), unique=True),
    sa.Column("subject", sa.String(16), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)

# What people did to the app: deploys, campaigns. NULL metric and source: it concerns everything.
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("metric", sa.String(60)),
    sa.Column("source", sa.String(60)),
    sa.Column("url", sa.Text),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)

# Series whose verdict or value another computation of a window changed.
VERDICT_REVISIONS = sa.Table(
    "verdict_revisions",
    METADATA,
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

# Settled messages of the outbox that are in ClickHouse, too.
COPIED_MESSAGES = sa.Table(
    "copied_messages",
    METADATA,
    sa.Column("message", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("copied_at", sa.Float, nullable=False),
)

# How far each bot has read what people do, and which process reads it now.
BOTS = sa.Table(
    "bots",
    METADATA,
    sa.Column("bot", sa.String(32), primary_key=True),
    sa.Column("next_update", sa.BigInteger),
    sa.Column("holder", sa.String(32)),
    sa.Column("lease_until", sa.Float, nullable=False),
)

# Bands that are wider for a while, because an alert on the series was called false.
TOLERANCES = sa.Table(
    "tolerances",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("metric", sa.String(60), nullable=False),
    sa.Column("slice_key", sa.Text, nullable=False),
    sa.Column("factor", sa.Float, nullable=False),
    sa.Column("starts", sa.Float, nullable=False),
    sa.Column("ends", sa.Float, nullable=False, index=True),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("group", sa.String(16), nullable=False, index=True),
)
