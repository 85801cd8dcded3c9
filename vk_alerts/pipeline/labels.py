"""What people call a slice."""

from vk_alerts.alerting.story import Language
from vk_alerts.metrics.slices import Slice

_EVERYBODY = {Language.RUSSIAN: "все пользователи", Language.ENGLISH: "all users"}


def slice_label(slice_key: str, language: Language) -> str:
    """A slice as people call it: ``все пользователи``, ``Android``, ``Android · ads``."""
    items = Slice.from_key(slice_key).items
    return " · ".join(value for _, value in items) if items else _EVERYBODY[language]
