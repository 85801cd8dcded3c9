"""The bot's phrases. What is put into them is escaped by who puts it there."""

from dataclasses import dataclass

from vk_alerts.alerting.story import Language


@dataclass(frozen=True, slots=True)
class BotWording:
    """The phrases in one language; ``{}`` stands for what changes."""

    refused: str
    stale_button: str
    unknown_message: str
    taken: str
    taken_over: str
    already_taken: str
    muted: str
    already_muted: str
    nothing_to_mute: str
    widened: str
    at_most: str
    already_false: str
    correct: str
    taken_back: str
    already_correct: str
    help: str
    unknown_command: str
    which_metric: str
    no_such_series: str
    hours: str
    everything_of: str
    window: str
    no_window: str
    counts: str
    unsent: str
    paused: str
    silence: str
    no_incidents: str
    since: str
    by: str
    more: str
    value: str
    no_row: str
    judged: str
    raised: str
    judgements: dict[str, str]
    by_share: str
    incident: str
    causes: str
    neighbours: str
    failed: str


RUSSIAN = BotWording(
    refused="Извините, эти кнопки и команды — только для дежурных. Список ведёт тот, кто настраивал бота.",
    stale_button="Эта кнопка уже не работает.",
    unknown_message="Об этом сообщении ничего не известно: ничего не сделано.",
    taken="✅ В работе у {}: напоминаний не будет.",
    taken_over="✅ Теперь в работе у {} (было у {}).",
    already_taken="Уже в работе у вас.",
    muted="🔕 {}: тишина до {} — {}.",
    already_muted="Уже тихо до {}.",
    nothing_to_mute="Здесь нечего приглушать.",
    widened="👎 {}: ложный. Порог «{}» для новых окон выше в {} раза (всего ×{}) до {}.",
    at_most=" Выше уже не поднимаем.",
    already_false="Уже отмечено как ложное: {}.",
    correct="👍 {}: верный. Это метка для бэктеста.",
    taken_back=" Порог «{}» снова прежний.",
    already_correct="Уже отмечено как верное: {}.",
    help="Команды:\n/status — как дела у наблюдателя\n/incidents — что сейчас не в норме\n"
    "/mute метрика [срез] [часы] — тишина\n/why метрика [срез] — почему такая оценка\n"
    "/chart метрика [срез] — график за сутки\nСрез — как os=Android или просто Android.",
    unknown_command="Такой команды нет.",
    which_metric="Какая метрика? Есть: {}",
    no_such_series="Нет такого среза — {}",
    hours="Часы — от 0,25 до {}.",
    everything_of="{}, все срезы",
    window="Последнее окно: {} ({} назад)",
    no_window="Ещё не оценено ни одного окна.",
    counts="Открытых инцидентов: {}",
    unsent="Сообщений ждут отправки: {}",
    paused="⏸ {} до {}: {}",
    silence="🔕 {} до {} ({})",
    no_incidents="🟢 Сейчас всё в норме.",
    since="с {}",
    by="в работе у {}",
    more="… и ещё {}",
    value="Значение <b>{}</b>",
    no_row="В этом окне для ряда нет оценки.",
    judged="Оценка <b>{}</b> при пороге {}: {}",
    raised="Порог поднят в {} раза до {} ({})",
    judgements={
        "normal": "норма",
        "unsettled": "у края нормы",
        "bad": "вне нормы",
        "hard": "очень далеко за порогом",
        "none": "оценить нельзя",
        "small": "за порогом, но отклонение меньше {}",
        "few": "за порогом, но событий меньше {}",
    },
    by_share="Решила доля среза в целом.",
    incident="Инцидент #inc_{} с {}",
    causes="Что внесло вклад",
    neighbours="Рядом",
    failed="⚠️ Не получилось: {}",
)

ENGLISH = BotWording(
    refused="Sorry, these buttons and commands are for those on duty. Who set up the bot keeps the list.",
    stale_button="This button does not work any more.",
    unknown_message="Nothing is known about this message: nothing was done.",
    taken="✅ {} is on it: there will be no reminders.",
    taken_over="✅ {} is on it now (it was {}).",
    already_taken="You are on it already.",
    muted="🔕 {}: silence until {} — {}.",
    already_muted="Silent until {} already.",
    nothing_to_mute="There is nothing to mute here.",
    widened="👎 {}: false. The threshold of “{}” is {} times higher for new windows (×{} in all) until {}.",
    at_most=" It is not raised any further.",
    already_false="Called false already: {}.",
    correct="👍 {}: correct. It is a label for backtests.",
    taken_back=" The threshold of “{}” is what it was.",
    already_correct="Called correct already: {}.",
    help="Commands:\n/status — how the watcher is\n/incidents — what is not normal now\n"
    "/mute metric [slice] [hours] — silence\n/why metric [slice] — why it is judged so\n"
    "/chart metric [slice] — a chart of the last day\nA slice is os=Android, or just Android.",
    unknown_command="There is no such command.",
    which_metric="Which metric? There are: {}",
    no_such_series="No such slice — {}",
    hours="Hours are from 0.25 to {}.",
    everything_of="{}, all slices",
    window="Newest window: {} ({} ago)",
    no_window="No window has been judged yet.",
    counts="Open incidents: {}",
    unsent="Messages waiting to be sent: {}",
    paused="⏸ {} until {}: {}",
    silence="🔕 {} until {} ({})",
    no_incidents="🟢 All is normal now.",
    since="since {}",
    by="{} is on it",
    more="… and {} more",
    value="Value <b>{}</b>",
    no_row="The series was not judged in this window.",
    judged="Score <b>{}</b> with a threshold of {}: {}",
    raised="The threshold is {} times higher until {} ({})",
    judgements={
        "normal": "normal",
        "unsettled": "at the edge of normal",
        "bad": "not normal",
        "hard": "very far beyond the threshold",
        "none": "cannot be judged",
        "small": "beyond the threshold, but deviates by less than {}",
        "few": "beyond the threshold, but with fewer than {} events",
    },
    by_share="The slice's share of the total decided.",
    incident="Incident #inc_{} since {}",
    causes="Where the change lies",
    neighbours="Beside it",
    failed="⚠️ That failed: {}",
)


def bot_wording(language: Language) -> BotWording:
    """The phrases in a language."""
    return RUSSIAN if language is Language.RUSSIAN else ENGLISH
