"""What people write to the bot → the command they mean."""

import re
from dataclasses import dataclass
from enum import StrEnum

_COMMAND = re.compile(r"/([A-Za-z_]{1,32})(?:@(\w{3,32}))?(?:\s+(.*))?", re.DOTALL | re.ASCII)
_HOURS = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*(?:ч|час|часа|часов|h|hour|hours)?", re.IGNORECASE)


class CommandName(StrEnum):
    """The commands there are."""

    STATUS = "status"
    INCIDENTS = "incidents"
    MUTE = "mute"
    WHY = "why"
    CHART = "chart"
    HELP = "help"
    START = "start"


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        name: which; None = one that there is not.
        words: what follows, parted by white space.
        is_named: whether the bot was named: ``/status@bot``.
    """

    name: CommandName | None
    words: tuple[str, ...]
    is_named: bool


def read_command(text: str, bot: str) -> Command | None:
    """The command in a message; None when it holds none, or one for another bot.

    Args:
        text: the message.
        bot: the bot's name without the ``@``.
    """
    match = _COMMAND.fullmatch(text.strip())
    if match is None or (match[2] is not None and match[2].lower() != bot.lower()):
        return None
    known = {name.value: name for name in CommandName}
    return Command(known.get(match[1].lower()), tuple((match[3] or "").split()), match[2] is not None)


def read_hours(words: tuple[str, ...]) -> tuple[tuple[str, ...], float | None]:
    """The words before a number of hours at the end, and that number: ``likes 2``, ``likes 1,5 ч``."""
    for count in (2, 1):
        match = _HOURS.fullmatch(" ".join(words[-count:])) if len(words) >= count else None
        if match is not None:
            return words[:-count], float(match[1].replace(",", "."))
    return words, None
