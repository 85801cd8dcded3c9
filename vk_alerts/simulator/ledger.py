"""The ledger: a simulation and the incidents planted in it, kept beside the events as JSON."""

import json
import os
import tempfile
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator.incidents import Incident
from vk_alerts.simulator.simulation import Simulation
from vk_alerts.simulator.worlds import SOCIAL


class _IncidentText(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    action: str | None
    where: tuple[tuple[str, str], ...]
    factor: float
    start: AwareDatetime
    end: AwareDatetime
    metric: str
    slice_key: str
    factors: tuple[float, ...] = ()
    late: timedelta = timedelta(0)


class _LedgerText(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    start: AwareDatetime
    feed_per_day: int
    messages_per_day: int
    timezone: str
    world: str = SOCIAL
    events_per_day: int = 100_000
    incidents: tuple[_IncidentText, ...]


def write_ledger(path: Path, simulation: Simulation) -> None:
    """Writes the simulation to ``path``, whole or not at all; the folder is made when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(simulation), default=_told, ensure_ascii=False, indent=2)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_ledger(path: Path) -> Simulation:
    """The simulation that :func:`write_ledger` wrote.

    Raises:
        ConfigurationError: there is no such file, or it holds something else.
    """
    try:
        text = _LedgerText.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"ledger {path}: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigurationError(
            f"ledger {path}: {place}: {first['msg']}; simulate again to replace it"
        ) from error
    incidents = tuple(Incident(**incident.model_dump()) for incident in text.incidents)
    return Simulation(**(text.model_dump() | {"incidents": incidents}))


def _told(value: datetime | timedelta) -> str | float:
    return value.total_seconds() if isinstance(value, timedelta) else value.isoformat()
