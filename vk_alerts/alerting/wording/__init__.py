"""The phrases of a message in each language; values are put in by `messages`."""

from vk_alerts.alerting.story import Language
from vk_alerts.alerting.wording.english import ENGLISH
from vk_alerts.alerting.wording.model import Wording
from vk_alerts.alerting.wording.russian import RUSSIAN

__all__ = ["Wording", "wording"]

_WORDINGS = {Language.RUSSIAN: RUSSIAN, Language.ENGLISH: ENGLISH}


def wording(language: Language) -> Wording:
    """The phrases of ``language``."""
    return _WORDINGS[language]
