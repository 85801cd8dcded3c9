"""What really happened: incidents that were planted by the simulator, that people wrote down or confirmed."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from vk_alerts.errors import ConfigurationError
from vk_alerts.metrics.model import Catalog
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.simulator import read_ledger
from vk_alerts.state.groups import GroupWithMembers
from vk_alerts.windows import STEP

GRACE = timedelta(hours=1)
"""An alert this long after an incident is still about it: its sums fade, its group closes."""

LEDGER_NAME = "ledger.json"
_REQUIRED = ("start", "end")
_OPTIONAL = ("metric", "slice")


@dataclass(frozen=True, slots=True)
class Label:
    """An incident that happened.

    Attributes:
        start: first moment, aware UTC.
        end: first moment after it.
        metric: the metric that shows it best; empty = any.
        slice_key: the slice that shows it best; only told, never required of an alert.
        source: the metric's source; empty = any.
    """

    start: datetime
    end: datetime
    metric: str = ""
    slice_key: str = ALL_KEY
    source: str = ""

    def overlaps(self, start: datetime, end: datetime, *, source: str) -> bool:
        """Whether what happened in [start, end) to ``source`` can be about this incident."""
        return self.source in ("", source) and start < self.end + GRACE and end > self.start


@dataclass(frozen=True, slots=True)
class Labels:
    """The incidents that happened, oldest first, and who says so."""

    incidents: tuple[Label, ...]
    origin: str

    def within(self, start: datetime, end: datetime, *, sources: Iterable[str]) -> "Labels":
        """Those that began in [start, end) and that the sources could show."""
        known = {"", *sources}
        chosen = (i for i in self.incidents if start <= i.start < end and i.source in known)
        return Labels(tuple(chosen), self.origin)


def find_labels(
    file: Path | None, *, home: Path, catalog: Catalog, zone: str, confirmed: Sequence[Label] = ()
) -> Labels | None:
    """The labels of a file; else those of the simulator's ledger in the home and what people confirmed.

    None where there are neither.

    Args:
        file: what people wrote down; it is all there is then.
        home: where the ledger lies.
        catalog: the metrics.
        zone: the zone people read times in.
        confirmed: incidents that people called correct.

    Raises:
        ConfigurationError: the file or the ledger cannot be read.
    """
    if file is not None:
        return read_labels(file, catalog=catalog, zone=zone)
    known = {source.name for source in catalog.sources}
    told = tuple(label for label in confirmed if label.source in known)
    planted = _planted(home / LEDGER_NAME, catalog)
    if planted is None and not told:
        return None
    incidents = sorted((*(planted or ()), *told), key=lambda label: label.start)
    origins = [] if planted is None else [f"planted by the simulator ({LEDGER_NAME})"]
    if told:
        origins.append(f"{len(told)} confirmed in Telegram")
    return Labels(tuple(incidents), ", ".join(origins))


def confirmed_labels(confirmed: Iterable[GroupWithMembers]) -> list[Label]:
    """The labels of groups that people called correct: from the first bad window to the end of the last.

    The headline's metric shows it best.
    """
    return [
        Label(
            start=min(member.first_bad for member in one.members),
            end=max(member.last_bad for member in one.members) + STEP,
            metric=one.group.head.metric,
            slice_key=one.group.head.slice_key,
            source=one.group.source,
        )
        for one in confirmed
        if one.members
    ]


def _planted(ledger: Path, catalog: Catalog) -> tuple[Label, ...] | None:
    """The incidents of the simulator's ledger; None without one."""
    if not ledger.exists():
        return None
    planted = sorted(read_ledger(ledger).incidents, key=lambda incident: incident.start)
    known = {source.name for source in catalog.sources}
    return tuple(
        Label(incident.start, incident.end, incident.metric, incident.slice_key, incident.source)
        for incident in planted
        if incident.source in known
    )


def read_labels(path: Path, *, catalog: Catalog, zone: str) -> Labels:
    """The labels of a CSV file with the columns ``start,end`` and, if known, ``metric`` and ``slice``.

    Args:
        path: the file; times as ``2026-01-31 14:15``, in ``zone`` where they name no other.
        catalog: whose metrics may be named.
        zone: the zone people read times in.

    Raises:
        ConfigurationError: the file cannot be read, or a line makes no sense; the message names it.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            _require_columns(path, reader.fieldnames or ())
            labels = [
                _label(row, place=f"--labels {path}: line {reader.line_num}", catalog=catalog, zone=zone)
                for row in reader
            ]
    except OSError as error:
        raise ConfigurationError(f"--labels {path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"--labels {path}: is no CSV file in UTF-8: {error}") from error
    return Labels(tuple(sorted(labels, key=lambda label: label.start)), path.name)


def _require_columns(path: Path, columns: Iterable[str]) -> None:
    found = list(columns)
    for name in _REQUIRED:
        if name not in found:
            raise ConfigurationError(
                f"--labels {path}: the first line must name the columns start,end[,metric,slice]; "
                f"{name!r} is missing"
            )
    unknown = [name for name in found if name not in _REQUIRED + _OPTIONAL]
    if unknown:
        raise ConfigurationError(
            f"--labels {path}: unknown column {unknown[0]!r}; known: {', '.join(_REQUIRED + _OPTIONAL)}"
        )


def _label(row: dict[str, str | None], *, place: str, catalog: Catalog, zone: str) -> Label:
    if None in row or None in row.values():
        raise ConfigurationError(f"{place}: not as many fields as the first line names")
    text = {name: (value or "").strip() for name, value in row.items()}
    start, end = (_moment(text[name], place=f"{place}, {name}", zone=zone) for name in _REQUIRED)
    if end <= start:
        raise ConfigurationError(f"{place}: ends at {text['end']}, not after its start {text['start']}")
    metric = text.get("metric", "")
    known = [one.name for one in catalog.metrics]
    if metric and metric not in known:
        raise ConfigurationError(f"{place}: unknown metric {metric!r}; known: {', '.join(known)}")
    return Label(
        start=start,
        end=end,
        metric=metric,
        slice_key=text.get("slice") or ALL_KEY,
        source=catalog.source_of(metric).name if metric else "",
    )


def _moment(text: str, *, place: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{place}: {text!r} is no time such as 2026-01-31 14:15") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
