"""``vk-alerts deploy``: writes the files of a deployment."""

from pathlib import Path

import click

from vk_alerts.cli.ending import plain_errors

_NEXT = {
    "systemd": (
        "Edit vk-alerts.env; copy it and workspace.yaml to /etc/vk_alerts, dagster.yaml to DAGSTER_HOME and\n"
        "the units to /etc/systemd/system; then: systemctl enable --now vk-alerts-code vk-alerts-webserver\n"
        "vk-alerts-daemon (and vk-alerts-bot, for buttons below alerts)"
    ),
    "compose": "Edit vk-alerts.env; then, with SOURCE naming the source's folder: docker compose up -d",
}


@click.group()
def deploy() -> None:
    """Runs it for good: on servers of your own."""


@deploy.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--kind",
    type=click.Choice(["systemd", "compose"]),
    default="systemd",
    show_default=True,
    help="What keeps the processes running.",
)
@plain_errors
def deploy_init(folder: Path, kind: str) -> None:
    """Writes units or a compose file, Dagster's files and an example environment into FOLDER.

    Nothing that is there is overwritten. Put passwords and the bot's token into vk-alerts.env.

    Example: vk-alerts deploy init my_deployment --kind compose
    """
    from vk_alerts.services.deployment import Kind, write_deployment

    for path in write_deployment(folder, Kind(kind)):
        click.echo(path)
    click.echo(f"\n{_NEXT[kind]}")
