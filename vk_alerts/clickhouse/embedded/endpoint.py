"""The file in which the embedded engine tells where it listens, and the secret that lets one in."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

FOLDER = "clickhouse"
_FILE = "clickhouse-endpoint.json"
_LOG = "clickhouse.log"
_LOCK, _START_LOCK = "clickhouse.lock", "clickhouse-start.lock"


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one embedded engine.

    Attributes:
        path: the home, absolute.
    """

    path: Path

    @classmethod
    def of(cls, home: Path) -> Self:
        """The files below a home, which may be relative or not exist yet."""
        return cls(home.expanduser().resolve())

    @property
    def database(self) -> Path:
        """The folder that chDB owns."""
        return self.path / FOLDER

    @property
    def endpoint(self) -> Path:
        """The file that holds an `Endpoint`."""
        return self.path / _FILE

    @property
    def log(self) -> Path:
        """What the process has to say."""
        return self.path / _LOG

    @property
    def lock(self) -> Path:
        """Held by the process as long as it lives; tells its number."""
        return self.path / _LOCK

    @property
    def start_lock(self) -> Path:
        """Held by whoever is starting the process."""
        return self.path / _START_LOCK


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a running engine listens.

    Attributes:
        port: on 127.0.0.1.
        token: the password of user ``default``.
        pid: the process.
    """

    port: int
    token: str
    pid: int

    def write(self, file: Path) -> None:
        """Put it into the file at once, readable by its owner only."""
        new = file.with_suffix(f".{self.pid}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(asdict(self), stream)
        new.replace(file)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What the file tells; None when there is no file or it tells nothing."""
        try:
            told = json.loads(file.read_text())
            return cls(port=int(told["port"]), token=str(told["token"]), pid=int(told["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
