"""The buttons below a message that opens something; only where somebody may press them."""

import ipaddress
from urllib.parse import urlsplit

from vk_alerts.alerting.buttons import ButtonAction, press_data
from vk_alerts.alerting.story import Language, NotificationKind
from vk_alerts.delivery.protocol import Button, Keyboard
from vk_alerts.state.outbox import OutboxRow, RowForm

_LABELS = {
    Language.RUSSIAN: {
        ButtonAction.TAKE: "✅ Беру",
        ButtonAction.MUTE_HOUR: "🔕 1ч",
        ButtonAction.MUTE_NIGHT: "🔕 до утра",
        ButtonAction.FALSE: "👎 Ложный",
        ButtonAction.CORRECT: "👍 Верный",
    },
    Language.ENGLISH: {
        ButtonAction.TAKE: "✅ Take it",
        ButtonAction.MUTE_HOUR: "🔕 1h",
        ButtonAction.MUTE_NIGHT: "🔕 till morning",
        ButtonAction.FALSE: "👎 False",
        ButtonAction.CORRECT: "👍 Correct",
    },
}
_CHART = {Language.RUSSIAN: "📈 Чарт", Language.ENGLISH: "📈 Chart"}
_ABOUT_IT = (ButtonAction.TAKE, ButtonAction.MUTE_HOUR, ButtonAction.MUTE_NIGHT)
_WHETHER_RIGHT = (ButtonAction.FALSE, ButtonAction.CORRECT)


def keyboard_of(row: OutboxRow, language: Language) -> Keyboard:
    """The buttons of a new message; none below what does not begin something.

    A source without events can only be taken: it has no band to widen, and its end must be heard.
    """
    if row.form is not RowForm.STORY or row.kind not in (NotificationKind.OPEN, NotificationKind.NODATA):
        return ()
    is_outage = row.kind is NotificationKind.NODATA
    rows: list[tuple[Button, ...]] = [
        _row(row.group, _ABOUT_IT[:1] if is_outage else _ABOUT_IT, language),
    ]
    if not is_outage and row.story.storm is None:
        rows.append(_row(row.group, _WHETHER_RIGHT, language))
    url = row.story.chart_url
    if url is not None and is_public(url):
        rows.append((Button(_CHART[language], url=url),))
    return tuple(rows)


def is_public(url: str) -> bool:
    """Whether Telegram takes an address in a button, and it can lead somewhere on a phone."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or "." not in host or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _row(group: str, actions: tuple[ButtonAction, ...], language: Language) -> tuple[Button, ...]:
    return tuple(Button(_LABELS[language][action], data=press_data(action, group)) for action in actions)
