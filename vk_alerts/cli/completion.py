"""``vk-alerts completion``: what a shell needs to complete commands and options."""

import click
from click.shell_completion import get_completion_class

from vk_alerts.cli.ending import plain_errors

_PROGRAM, _VARIABLE = "vk-alerts", "_VK_ALERTS_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
@plain_errors
def completion(context: click.Context, /, shell: str) -> None:
    r"""Prints a script for SHELL that completes commands and options by Tab.

    \b
    bash: echo 'eval "$(vk-alerts completion bash)"' >> ~/.bashrc
    zsh:  echo 'eval "$(vk-alerts completion zsh)"' >> ~/.zshrc
    fish: vk-alerts completion fish > ~/.config/fish/completions/vk-alerts.fish
    """
    kind = get_completion_class(shell)
    if kind is None:  # click knows these three
        raise click.UsageError(f"no completion for {shell}")
    click.echo(kind(context.find_root().command, {}, _PROGRAM, _VARIABLE).source())
