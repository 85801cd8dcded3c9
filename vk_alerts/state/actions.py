"""What people did about incidents: took them, called them false or correct, muted them."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from vk_alerts.state.database import transaction, translated
from vk_alerts.state.tables import ACTIONS


class ActionKind(StrEnum):
    """What somebody did."""

    TAKE = "take"  # is at work on it: no reminders, no escalation
    RELEASE = "release"  # is not any more
    FALSE = "false"  # says that nothing was wrong
    CORRECT = "correct"  # says that the alert was right
    MUTE = "mute"  # wants to hear no more of it


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody did.

    Attributes:
        subject: id of the incident or group.
        kind: what.
        by: who.
        at: seconds since the epoch.
        detail: what else is to be known.
    """

    subject: str
    kind: ActionKind
    by: str
    at: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ActionRepository:
    """Reads and writes of actions."""

    engine: sa.Engine

    def add(self, action: Action, *, key: str | None = None) -> bool:
        """Writes an action down.

        Args:
            action: what was done.
            key: what makes it this one, such as the id of a button's press.

        Returns:
            False, with nothing written, when an action of this key is there already.
        """
        row = {
            "key": key,
            "subject": action.subject,
            "kind": action.kind.value,
            "by": action.by,
            "at": action.at,
            "detail": action.detail,
        }
        with translated(self.engine):
            try:
                with self.engine.begin() as connection:
                    connection.execute(sa.insert(ACTIONS), row)
            except sa.exc.IntegrityError:
                if key is None:
                    raise
                return False
        return True

    def of(
        self, subjects: Collection[str], *, connection: sa.Connection | None = None
    ) -> dict[str, list[Action]]:
        """What was done about each of some incidents or groups, oldest first; nothing: left out.

        Args:
            subjects: ids of incidents or groups.
            connection: reads within this transaction instead of one of its own.
        """
        if not subjects:
            return {}
        query = sa.select(ACTIONS).where(ACTIONS.c.subject.in_(list(subjects)))
        ordered = query.order_by(ACTIONS.c.at, ACTIONS.c.id)
        if connection is not None:
            return _by_subject(connection, ordered)
        with transaction(self.engine) as own:
            return _by_subject(own, ordered)

    def taken_by(
        self, subjects: Collection[str], *, connection: sa.Connection | None = None
    ) -> dict[str, str]:
        """Who is at work on each of some incidents or groups; those nobody has taken are left out."""
        taken: dict[str, str] = {}
        for subject, actions in self.of(subjects, connection=connection).items():
            decisive = [a for a in actions if a.kind in (ActionKind.TAKE, ActionKind.RELEASE)]
            if decisive and decisive[-1].kind is ActionKind.TAKE:
                taken[subject] = decisive[-1].by
        return taken


def _by_subject(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> dict[str, list[Action]]:
    found: dict[str, list[Action]] = {}
    for row in connection.execute(query).mappings():
        kind = ActionKind(row["kind"])
        action = Action(subject=row["subject"], kind=kind, by=row["by"], at=row["at"], detail=row["detail"])
        found.setdefault(action.subject, []).append(action)
    return found
