"""What somebody did, with all that follows from it, in one transaction."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from vk_alerts.alerting.tolerance import Tolerance
from vk_alerts.state.actions import Action
from vk_alerts.state.database import transaction, translated
from vk_alerts.state.tables import ACTIONS, SILENCES
from vk_alerts.state.tolerances import add_tolerance, end_tolerances


@dataclass(frozen=True, slots=True)
class Hush:
    """A silence that begins now.

    Attributes:
        metric: of which metric; None = of each.
        slice_key: of which slice and its parts; None = of each.
        ends: seconds since the epoch.
        comment: why.
    """

    metric: str | None
    slice_key: str | None
    ends: float
    comment: str


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did.

    Attributes:
        key: what makes it this one, such as the number of the update that tells of it.
        action: for the audit.
        hushes: silences that begin with it.
        tolerance: a band that it widens; None = none.
        ends_tolerances: whether what the action's subject has widened ends with it.
    """

    key: str
    action: Action
    hushes: tuple[Hush, ...] = field(default=())
    tolerance: Tolerance | None = None
    ends_tolerances: bool = False


def do(engine: sa.Engine, deed: Deed) -> bool:
    """Writes a deed and its consequences; False, with nothing written, when it was done before.

    Raises:
        StateError: the state database cannot be used.
    """
    with translated(engine):
        try:
            with engine.begin() as connection:
                _write(connection, deed)
        except sa.exc.IntegrityError:
            if not _is_done(engine, deed.key):
                raise
            return False
    return True


def _write(connection: sa.Connection, deed: Deed) -> None:
    action = deed.action
    row = {
        "key": deed.key,
        "subject": action.subject,
        "kind": action.kind.value,
        "by": action.by,
        "at": action.at,
        "detail": action.detail,
    }
    connection.execute(sa.insert(ACTIONS), row)
    for hush in deed.hushes:
        silence = {
            "metric": hush.metric,
            "slice_key": hush.slice_key,
            "starts": action.at,
            "ends": hush.ends,
            "by": action.by,
            "comment": hush.comment,
            "created_at": action.at,
        }
        connection.execute(sa.insert(SILENCES), silence)
    if deed.ends_tolerances:
        end_tolerances(connection, action.subject, now=action.at)
    if deed.tolerance is not None:
        add_tolerance(connection, deed.tolerance)


def _is_done(engine: sa.Engine, key: str) -> bool:
    with transaction(engine) as connection:
        return connection.execute(sa.select(ACTIONS.c.id).where(ACTIONS.c.key == key)).first() is not None
