"""``vk-alerts health``: answers load balancers and watchdogs."""

import click

from vk_alerts.cli.ending import plain_errors


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="To listen on.")
@click.option("--port", default=3001, show_default=True, type=click.IntRange(1, 65535), help="To listen on.")
@plain_errors
def health(host: str, port: int) -> None:
    """Answers GET /health: 200 while alerts would come, else 503, with JSON that says why.

    It looks at the same as the asset checks: whether the newest window that is due is scored, and whether a
    message has waited too long. Ctrl-C ends it.

    Example: vk-alerts health --port 3001
    """
    from vk_alerts.services.health_endpoint import PATH, Pulse, health_server, look_at_stores

    with health_server(host, port, Pulse(look_at_stores)) as server:
        click.echo(f"health: http://{host}:{server.server_port}{PATH}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("ending …")
