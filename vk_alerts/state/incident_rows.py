"""Incidents and groups as rows of the state database."""

import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from pydantic import TypeAdapter

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.state.tables import GROUPS, INCIDENTS
from vk_alerts.windows import window_key

_INCIDENT: TypeAdapter[Incident] = TypeAdapter(Incident)
_GROUP: TypeAdapter[Group] = TypeAdapter(Group)


def read_incident(body: object) -> Incident:
    """The incident of a row's body."""
    return _INCIDENT.validate_python(body)


def read_group(body: object) -> Group:
    """The group of a row's body."""
    return _GROUP.validate_python(body)


def write_incidents(
    connection: sa.Connection, changed: Sequence[Incident], *, dropped: Collection[str] = ()
) -> None:
    """Writes incidents in place of what is there of them; in the caller's transaction.

    Args:
        connection: of the transaction.
        changed: as they stand.
        dropped: ids of those that are to go.
    """
    stale = [*dropped, *(incident.id for incident in changed)]
    if stale:
        connection.execute(sa.delete(INCIDENTS).where(INCIDENTS.c.id.in_(stale)))
    if changed:
        connection.execute(sa.insert(INCIDENTS), [_incident_row(incident) for incident in changed])


def write_groups(connection: sa.Connection, changed: Sequence[Group], finished: Sequence[Group]) -> None:
    """Writes groups in place of what is there of them; in the caller's transaction.

    Args:
        connection: of the transaction.
        changed: those that go on.
        finished: those about which nothing is left to tell.
    """
    written = [*changed, *finished]
    if not written:
        return
    over = {group.id for group in finished}
    connection.execute(sa.delete(GROUPS).where(GROUPS.c.id.in_([group.id for group in written])))
    connection.execute(sa.insert(GROUPS), [_group_row(g, is_finished=g.id in over) for g in written])


def _incident_row(incident: Incident) -> dict[str, object]:
    return {
        "id": incident.id,
        "source": incident.source,
        "metric": incident.metric,
        "slice_key": incident.slice_key,
        "direction": incident.direction.value,
        "phase": incident.phase.value,
        "first_bad": window_key(incident.first_bad),
        "last_bad": window_key(incident.last_bad),
        "closed_at": None if incident.closed_at is None else window_key(incident.closed_at),
        "group": incident.group,
        "body": _INCIDENT.dump_python(incident, mode="json"),
        "to_copy": uuid.uuid4().hex,
    }


def _group_row(group: Group, *, is_finished: bool) -> dict[str, object]:
    return {
        "id": group.id,
        "source": group.source,
        "opened": window_key(group.opened),
        "is_finished": is_finished,
        "body": _GROUP.dump_python(group, mode="json"),
    }
