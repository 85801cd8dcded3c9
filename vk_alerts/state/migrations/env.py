"""How Alembic runs the migrations: on the connection it is given, in that connection's transaction."""

from alembic import context

from vk_alerts.state.schema import VERSION_TABLE


def run() -> None:
    """Applies what Alembic has planned."""
    context.configure(
        connection=context.config.attributes["connection"],
        version_table=VERSION_TABLE,
        # SQLite changes a table by copying it.
        render_as_batch=True,
    )
    context.run_migrations()


if __name__ == "env_py":  # what Alembic calls this file when it runs it; imported otherwise, it does nothing
    run()
