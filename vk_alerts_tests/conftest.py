"""What all tests share: an environment in which nobody has configured anything."""

import os

import pytest


@pytest.fixture(autouse=True)
def nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides the developer's own installation, so that no test can reach it."""
    for name in list(os.environ):
        if name.startswith("VK_ALERTS_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)
