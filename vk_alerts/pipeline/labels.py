"""What people call a slice."""

from vk_alerts.alerting import numbers
from vk_alerts.alerting.story import Language
from vk_alerts.metrics.slices import Slice

_WEIGHT = {Language.RUSSIAN: "{}, доля {}→{}", Language.ENGLISH: "{}, share {}→{}"}
_EVERYBODY = {Language.RUSSIAN: "все пользователи", Language.ENGLISH: "all users"}


def slice_label(slice_key: str, language: Language) -> str:
    """A slice as people call it: ``все пользователи``, ``Android``, ``Android · ads``."""
    items = Slice.from_key(slice_key).items
    return " · ".join(value for _, value in items) if items else _EVERYBODY[language]


def weight_label(label: str, before: float, after: float, language: Language) -> str:
    """A slice and how its share of the whole changed: ``ads, доля 20→45 %``."""
    first, last = numbers.decimal(before * 100, language), numbers.percent(after, language)
    return _WEIGHT[language].format(label, first, last)
