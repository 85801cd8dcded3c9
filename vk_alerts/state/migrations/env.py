"""How Alembic runs the migrations: on the connection it is given, in that connection's transaction."""

from alembic import context

from vk_alerts.state.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    # SQLite changes a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
