"""Changes of the tables, oldest first; each leads from its ``down_revision`` to its ``revision``."""
