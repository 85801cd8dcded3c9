"""Certificates for tests, made with openssl: two authorities, and what the first has signed."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_CA = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM.

    Attributes:
        folder: holds all of them.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """Has signed ``loopback`` and ``elsewhere``."""
        return self.folder / "authority.pem"

    @property
    def stranger(self) -> Path:
        """An authority that has signed neither."""
        return self.folder / "stranger.pem"

    @property
    def loopback(self) -> Path:
        """For localhost and 127.0.0.1."""
        return self.folder / "loopback.pem"

    @property
    def elsewhere(self) -> Path:
        """For clickhouse.example only."""
        return self.folder / "elsewhere.pem"


def key_of(certificate: Path) -> Path:
    """The private key of a certificate."""
    return certificate.with_suffix(".key")


def make_certificates(folder: Path) -> Certificates:
    """New certificates in a folder; skips the test where openssl is not installed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed to make certificates")
    for name in ("authority", "stranger"):
        _request(folder, name, "-x509", "-days", "2", *_CA)
    names = {"loopback": "DNS:localhost,IP:127.0.0.1", "elsewhere": "DNS:clickhouse.example"}
    for name, holders in names.items():
        issuer = ("-CA", "authority.pem", "-CAkey", "authority.key")
        _request(folder, name, "-x509", *issuer, "-days", "2", "-addext", f"subjectAltName={holders}")
    return Certificates(folder)


def _request(folder: Path, name: str, *options: str) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")
    command = ["openssl", "req", *key, "-subj", f"/CN={name}", "-out", f"{name}.pem", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"openssl makes no such certificate: {done.stderr.strip().splitlines()[-1]}")
