"""The buttons below a message: what each does, and how a press of it is written in 64 bytes."""

import re
from enum import StrEnum

CALLBACK_BYTES = 64
"""What Telegram carries of a button, from the Bot API."""


class ButtonAction(StrEnum):
    """What a button does."""

    TAKE = "take"  # is at work on it
    MUTE_HOUR = "hour"  # hear nothing of it for an hour
    MUTE_NIGHT = "night"  # … until the morning
    FALSE = "false"  # nothing was wrong
    CORRECT = "correct"  # the alert was right


_ACTIONS = "|".join(action.value for action in ButtonAction)
_DATA = re.compile(rf"({_ACTIONS}):([0-9A-Za-z_-]{{1,16}})")


def press_data(action: ButtonAction, group: str) -> str:
    """What a button carries: the action and the group's id, at most 24 bytes."""
    return f"{action.value}:{group}"


def read_press_data(data: str) -> tuple[ButtonAction, str] | None:
    """Action and group of a press; None for what is no button of ours."""
    match = _DATA.fullmatch(data)
    return None if match is None else (ButtonAction(match[1]), match[2])
