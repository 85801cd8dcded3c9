"""The messages that went out while a scenario was played."""

from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting.render import plain
from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.errors import PipelineError
from vk_alerts.pipeline import Stores
from vk_alerts.state.outbox import OutboxRow, RowState
from vk_alerts.windows import window_from_key

AGAIN = "open again"


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message that went out.

    Attributes:
        source: the source of its metric.
        window: start of the window it is about.
        group: what its opening and its end have in common.
        text: as Telegram shows it.
        chart: the PNG's path; None = it went out without.
        story: what it tells, as values.
        sequence: how often its group had opened before: 1 = it opened again.
    """

    kind: NotificationKind
    source: str
    metric: str
    slice_key: str
    window: datetime
    group: str
    text: str
    chart: str | None
    story: Story
    sequence: int = 0

    @property
    def label(self) -> str:
        """Its kind in words; what opens again is told in silence, and not as something new."""
        is_again = self.kind is NotificationKind.OPEN and self.sequence > 0
        return AGAIN if is_again else self.kind.value


def told_messages(stores: Stores) -> list[ToldMessage]:
    """All messages of a played scenario, in order.

    Raises:
        PipelineError: a message has not arrived.
    """
    # What was merged is told by another row; what was overtaken is not to be told.
    rows = [row for row in stores.outbox.rows() if row.state not in (RowState.MERGED, RowState.EXPIRED)]
    unsent = [row for row in rows if row.state is not RowState.SENT]
    if unsent:
        first = f"{unsent[0].state.value}: {unsent[0].problem}"
        raise PipelineError(f"{len(unsent)} of {len(rows)} messages were not confirmed; the first is {first}")
    return [_told(stores, row) for row in rows]


def _told(stores: Stores, row: OutboxRow) -> ToldMessage:
    headline = row.story.headline
    return ToldMessage(
        kind=row.kind,
        source=stores.catalog.source_of(headline.metric).name,
        metric=headline.metric,
        slice_key=headline.slice_key,
        window=window_from_key(row.window),
        group=row.group,
        text=plain(row.caption or ""),
        chart=row.chart,
        story=row.story,
        sequence=row.sequence,
    )
