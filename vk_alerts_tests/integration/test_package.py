"""The wheel holds everything the product reads at run time, and works away from the checkout."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import vk_alerts

ROOT = Path(vk_alerts.__file__).parents[1]
_PROBE = """
import importlib, json, pkgutil
from importlib import resources
import vk_alerts
from vk_alerts.clickhouse.tables import RESULT_TABLES
from vk_alerts.instance import write_dagster_home
from vk_alerts.metrics.loader import load_catalog
from pathlib import Path

def files(folder):
    for item in folder.iterdir():
        if item.is_dir():
            yield from files(item)
        elif item.name.endswith(".sql"):
            yield item

names = [module.name for module in pkgutil.walk_packages(vk_alerts.__path__, "vk_alerts.")]
for name in names:
    importlib.import_module(name)
print(json.dumps({
    "file": vk_alerts.__file__,
    "modules": len(names),
    "metrics": [metric.name for metric in load_catalog().metrics],
    "sql": {item.name: len(item.read_text("utf-8")) for item in files(resources.files("vk_alerts"))},
    "dagster": (write_dagster_home(Path("dagster")) / "dagster.yaml").read_text("utf-8"),
}))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="not a checkout"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the checkout, in which the build leaves its traces."""
    pytest.importorskip("build", reason="build is not installed")
    if int(version("setuptools").split(".")[0]) < 77:
        pytest.skip("setuptools is older than pyproject.toml asks for")
    folder = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "setup.cfg"):
        shutil.copy(ROOT / name, folder)
    for name in ("vk_alerts", "vk_alerts_tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", cwd=folder)
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel was installed into."""
    target = tmp_path_factory.mktemp("installed")
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        "--target",
        target,
        wheel,
        cwd=target,
    )
    return target


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_with_its_data_and_no_tests(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "vk_alerts").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == source
    assert {"vk_alerts/py.typed", "vk_alerts/dagster.yaml", "vk_alerts/metrics/catalog/feed.yaml"} <= held
    assert "vk_alerts/clickhouse/sql/history.sql" in held


def test_the_installed_package_reads_its_files_from_anywhere(installed: Path, tmp_path: Path) -> None:
    told = json.loads(run(sys.executable, "-c", _PROBE, cwd=tmp_path, PYTHONPATH=str(installed)))
    assert Path(told["file"]).is_relative_to(installed)
    assert told["metrics"] == ["feed_users", "views", "likes", "ctr", "messenger_users", "messages"]
    expected = {path.name for path in (ROOT / "vk_alerts").rglob("*.sql")}
    assert set(told["sql"]) == expected
    assert min(told["sql"].values()) > 50
    assert told["modules"] > 100
    assert "run_coordinator" in told["dagster"]


def test_the_installed_command_runs(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "bin" / "vk-alerts", "--version", cwd=tmp_path, PYTHONPATH=str(installed))
    assert said == f"vk-alerts, version {version('vk-alerts')}\n"
