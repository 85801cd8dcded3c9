"""What would be sent, without sending it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from vk_alerts.alerting.markup import plain
from vk_alerts.pipeline.delivering.composing import compose
from vk_alerts.pipeline.delivering.pictures import Pictures
from vk_alerts.pipeline.delivering.post import Post
from vk_alerts.state.outbox import OutboxRow, RowState
from vk_alerts.state.waiting import waiting_rows


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that waits in the outbox.

    Attributes:
        row: its row.
        due_at: from when on it may be sent, aware UTC.
        is_held: whether a sender is at work on it now.
        text: as the chat would show it; empty = an edit of a message that is not there.
    """

    row: OutboxRow
    due_at: datetime
    is_held: bool
    text: str


def preview(post: Post) -> list[Preview]:
    """The messages whose fate is open, most urgent first, as they would be sent now.

    Nothing is sent, claimed or gathered into digests, and no chart is drawn.

    Raises:
        StateError: the state database cannot be used.
    """
    pictures = _NoPictures(post.charts)
    found = []
    for waiting in waiting_rows(post.outbox.engine):
        composed = compose(post, waiting.row, pictures)
        found.append(
            Preview(
                waiting.row,
                datetime.fromtimestamp(waiting.due_at, UTC),
                waiting.row.state is RowState.SENDING,
                "" if composed is None else plain(composed.message.caption),
            )
        )
    return found


class _NoPictures(Pictures):
    """Draws nothing, so that nothing is opened for it."""

    def of(self, row: OutboxRow) -> bytes | None:  # noqa: ARG002 - the signature is given
        """No chart."""
        return None
