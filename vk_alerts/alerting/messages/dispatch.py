"""Which family a story's message is of."""

from vk_alerts.alerting.messages.ending import correction_message, resolved_message
from vk_alerts.alerting.messages.incident import incident_message
from vk_alerts.alerting.messages.layout import Layout
from vk_alerts.alerting.messages.listing import passed_message
from vk_alerts.alerting.messages.source import source_message
from vk_alerts.alerting.messages.storm import storm_message
from vk_alerts.alerting.messages.voice import Voice
from vk_alerts.alerting.story import NotificationKind, Story


def message(voice: Voice, story: Story) -> Layout:
    """The message of a story, not yet fitted into what Telegram takes."""
    match story.kind:
        case NotificationKind.SUMMARY | NotificationKind.DIGEST:
            return passed_message(voice, story)
        case NotificationKind.CORRECTION:
            return correction_message(voice, story)
    if story.outage is not None:
        return source_message(voice, story, story.outage)
    if story.storm is not None:
        return storm_message(voice, story, story.storm)
    if story.kind is NotificationKind.RESOLVED:
        return resolved_message(voice, story)
    return incident_message(voice, story)
