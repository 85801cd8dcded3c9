"""The gallery's scenes are what the product would tell: whole, short enough, and one with their charts."""

import pytest

from vk_alerts.alerting.markup import length
from vk_alerts.alerting.render import caption
from vk_alerts.charts import ChartInput
from vk_alerts_tests.benchmarks.gallery_scenes import ENGLISH, RUSSIAN, Scene, Words, scenes
from vk_alerts_tests.integration.telegram_html import parse_html

SCENES = [
    (f"{words.language.value} {name}", words, scene)
    for words in (RUSSIAN, ENGLISH)
    for name, scene in scenes(words)
]


@pytest.mark.parametrize(
    ("words", "scene"), [(words, scene) for _, words, scene in SCENES], ids=[name for name, *_ in SCENES]
)
def test_a_scene_is_one_with_its_chart(words: Words, scene: Scene) -> None:
    text = caption(scene.story, language=words.language)
    assert length(text) <= 1024
    assert parse_html(text).text
    if isinstance(scene.chart, ChartInput):
        assert scene.story.headline.value == scene.chart.value[-1]
        assert scene.story.headline.title == scene.chart.title
