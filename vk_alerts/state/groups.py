"""Groups with their incidents: what people ask about, and what they press buttons below."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.state.actions import ActionKind
from vk_alerts.state.chats import ChatRepository
from vk_alerts.state.database import transaction
from vk_alerts.state.incident_rows import read_group, read_incident
from vk_alerts.state.outbox_rows import RowState
from vk_alerts.state.tables import ACTIONS, GROUPS, INCIDENTS, OUTBOX


@dataclass(frozen=True, slots=True)
class GroupWithMembers:
    """A group and its incidents.

    Attributes:
        group: as it was last written.
        members: its incidents, also those that have closed.
    """

    group: Group
    members: tuple[Incident, ...]


@dataclass(frozen=True, slots=True)
class GroupRepository:
    """Reads of groups."""

    engine: sa.Engine

    def find(self, group: str) -> GroupWithMembers | None:
        """The group with that id, finished or not; None = there is none."""
        found = self._read(sa.select(GROUPS.c.body).where(GROUPS.c.id == group))
        return found[0] if found else None

    def unfinished(self) -> list[GroupWithMembers]:
        """The groups about which something is left to tell, oldest first."""
        query = sa.select(GROUPS.c.body).where(GROUPS.c.is_finished.is_(False))
        return self._read(query.order_by(GROUPS.c.opened, GROUPS.c.id))

    def confirmed(self) -> list[GroupWithMembers]:
        """The groups that people called correct, and not false after that, oldest first."""
        kinds = (ActionKind.CORRECT.value, ActionKind.FALSE.value)
        newest = (
            sa.select(sa.func.max(ACTIONS.c.id)).where(ACTIONS.c.kind.in_(kinds)).group_by(ACTIONS.c.subject)
        )
        correct = sa.select(ACTIONS.c.subject).where(
            ACTIONS.c.id.in_(newest), ACTIONS.c.kind == ActionKind.CORRECT.value
        )
        query = sa.select(GROUPS.c.body).where(GROUPS.c.id.in_(correct))
        return self._read(query.order_by(GROUPS.c.opened, GROUPS.c.id))

    def has_message(self, group: str, chats: Collection[str], message_id: str) -> bool:
        """Whether a message in a chat was sent about a group.

        Args:
            group: its id.
            chats: what the chat is called: its id, its public name.
            message_id: the message's number there.
        """
        query = sa.select(OUTBOX.c.chat).where(
            OUTBOX.c.group == group,
            OUTBOX.c.message_id == message_id,
            OUTBOX.c.state == RowState.SENT.value,
        )
        with transaction(self.engine) as connection:
            sent_to = connection.execute(query).scalars().all()
        known = ChatRepository(self.engine)
        return any(chat in chats or known.current_id(chat) in chats for chat in sent_to)

    def _read(self, query: sa.Select[tuple[object]]) -> list[GroupWithMembers]:
        with transaction(self.engine) as connection:
            groups = [read_group(body) for body in connection.execute(query).scalars()]
            ids = [group.id for group in groups]
            incidents = sa.select(INCIDENTS.c.body).where(
                INCIDENTS.c.group.in_(ids), INCIDENTS.c.annulled_at.is_(None)
            )
            members: dict[str | None, list[Incident]] = defaultdict(list)
            for body in connection.execute(incidents.order_by(INCIDENTS.c.first_bad)).scalars():
                incident = read_incident(body)
                members[incident.group].append(incident)
        return [GroupWithMembers(group, tuple(members[group.id])) for group in groups]
