"""What became of the messages in one run of delivery."""

from dataclasses import dataclass

from vk_alerts.state.outbox import OutboxRow, RowState
from vk_alerts.state.sweeping import Swept


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one message in this run.

    Attributes:
        row: the message.
        state: where it stands now.
        caption: its text, Telegram HTML.
        chart: where its chart was kept on this machine; None = nowhere.
        problem: what went wrong, or had to be changed; None = nothing.
    """

    row: OutboxRow
    state: RowState
    caption: str
    chart: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of the messages that were due.

    Attributes:
        fates: of those that were taken, in order.
        swept: what was put in order before.
        ended: why the run ended.
        waiting: messages whose fate is still open.
    """

    fates: tuple[Fate, ...]
    swept: Swept
    ended: str
    waiting: int

    def count(self, state: RowState) -> int:
        """How many ended in ``state``."""
        return sum(fate.state is state for fate in self.fates)
