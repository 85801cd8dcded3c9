"""Which executor runs the steps: in the run's own process, unless the environment names another."""

import importlib

import dagster as dg

from vk_alerts.errors import ConfigurationError

VARIABLE = "VK_ALERTS_EXECUTOR"
_SHORT_NAMES = {
    # Steps are short and share their connections; a process per step would cost 2 s each.
    "in_process": dg.in_process_executor,
    "multiprocess": dg.multiprocess_executor,
}


def executor_named(name: str | None) -> dg.ExecutorDefinition:
    """The executor of a name: ``in_process`` (also for None), ``multiprocess``, or ``module:attribute``.

    So `dagster_k8s:k8s_job_executor` or `dagster_celery:celery_executor` need no change of code.

    Raises:
        ConfigurationError: nothing of this name can be imported, or it is no executor.
    """
    if name is None or name in _SHORT_NAMES:
        return _SHORT_NAMES[name or "in_process"]
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        known = ", ".join(_SHORT_NAMES)
        raise ConfigurationError(
            f"{VARIABLE}: {name!r} cannot be imported ({error}); known: {known}, or module:attribute of an "
            "installed package, such as dagster_k8s:k8s_job_executor"
        ) from None
    if not isinstance(found, dg.ExecutorDefinition):
        raise ConfigurationError(f"{VARIABLE}: {name!r} is no Dagster executor, but a {type(found).__name__}")
    return found
