"""What all tests share: an environment in which nobody has configured anything."""

import os
import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Lets pass what Dagster itself does and newer libraries than it knows of warn about."""
    dagsters = "ignore::pydantic.warnings.PydanticDeprecatedSince20:dagster_shared"
    config.addinivalue_line("filterwarnings", dagsters)


@pytest.fixture(autouse=True)
def nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides the developer's own installation, so that no test can reach it."""
    for name in list(os.environ):
        if name.startswith("VK_ALERTS_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def children_end_when_they_are_asked_to() -> None:
    """Dagster gives SIGTERM the handler of SIGINT: none in the background, and children inherit that."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
