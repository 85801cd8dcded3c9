"""``vk-alerts clickhouse``: opens the embedded engine to other programs."""

import click

from vk_alerts.cli.ending import plain_errors


@click.group()
def clickhouse() -> None:
    """The embedded ClickHouse of VK_ALERTS_HOME, for curl or a BI tool."""


@clickhouse.command("start")
@plain_errors
def clickhouse_start() -> None:
    """Starts it, if need be, and says where it is.

    Example: vk-alerts clickhouse start
    """
    from vk_alerts.clickhouse.embedded import ensure_running
    from vk_alerts.settings import read_settings

    home = read_settings().home
    target = ensure_running(home)
    click.echo(f"ClickHouse of {home}: {target.address}, database {target.database}, user {target.user}")
    click.echo("'vk-alerts clickhouse url' prints the password, too. Without requests it ends by itself.")


@clickhouse.command("url")
@plain_errors
def clickhouse_url() -> None:
    """Prints http://user:password@host:port/database; starts it, if need be.

    The password is a new one at each start.

    Example: curl "$(vk-alerts clickhouse url)" -d "SELECT 1"
    """
    from vk_alerts.clickhouse.embedded import ensure_running
    from vk_alerts.settings import read_settings

    click.echo(ensure_running(read_settings().home).url_with_password())


@clickhouse.command("stop")
@plain_errors
def clickhouse_stop() -> None:
    """Ends it, once its running queries have ended.

    Example: vk-alerts clickhouse stop
    """
    from vk_alerts.clickhouse.embedded import stop
    from vk_alerts.settings import read_settings

    home = read_settings().home
    click.echo(f"ClickHouse of {home} {'has ended' if stop(home) else 'was not running'}.")
