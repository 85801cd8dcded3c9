import dagster as dg
import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.executor import executor_named


@pytest.mark.parametrize(
    ("name", "executor"),
    [
        (None, dg.in_process_executor),
        ("in_process", dg.in_process_executor),
        ("multiprocess", dg.multiprocess_executor),
        ("dagster:multiprocess_executor", dg.multiprocess_executor),
    ],
)
def test_the_environment_names_the_executor(name, executor):
    assert executor_named(name) is executor


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "k8s",
            r"VK_ALERTS_EXECUTOR: 'k8s' cannot be imported .*; known: in_process, multiprocess, or module",
        ),
        ("no_such_package:executor", "cannot be imported .No module named 'no_such_package'"),
        ("dagster:no_such_executor", "cannot be imported"),
        ("dagster:asset", "'dagster:asset' is no Dagster executor, but a function"),
        (":", "cannot be imported"),
    ],
)
def test_what_is_no_executor_is_told(name, told):
    with pytest.raises(ConfigurationError, match=told):
        executor_named(name)
