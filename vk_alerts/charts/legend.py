"""What the strokes and tints of a chart mean, in one line above it.

Placed here by hand: matplotlib's own legend measures its boxes again and again, a sixth of a chart's time.
"""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

from vk_alerts.charts import look

_POINTS_AN_INCH = 72
# In heights of the font, as matplotlib has them: a sample's length and height, the gaps after it and a name.
_LENGTH, _HEIGHT, _GAP, _SPACING = 1.5, 0.7, 0.5, 1.2


def draw_legend(axes: Axes, labels: Sequence[str], *, left: float, baseline: float, points: float) -> None:
    """Samples of what is drawn in ``axes`` under these labels, and their names.

    Args:
        axes: where to look; labels under which nothing is drawn are left out.
        labels: in this order.
        left: of the first sample, pixels from the left.
        baseline: of the names, pixels from the bottom.
        points: size of the names.
    """
    figure = axes.figure
    handles, drawn = axes.get_legend_handles_labels()
    shown = dict(zip(drawn, handles, strict=True))
    size = points * look.DPI / _POINTS_AN_INCH
    x = left
    for label in labels:
        if label not in shown:
            continue
        figure.add_artist(_sample(shown[label], x, baseline, size))
        x += (_LENGTH + _GAP) * size
        name = figure.text(x, baseline, label, transform=IdentityTransform(), fontsize=points, va="baseline")
        x += name.get_window_extent().width + _SPACING * size


def _sample(shown: Artist, x: float, y: float, size: float) -> Artist:
    """A short piece of what is drawn; ``size``: height of the font in pixels."""
    length, height = _LENGTH * size, _HEIGHT * size
    sample: Artist
    if isinstance(shown, Line2D):
        sample = Line2D([x, x + length], [y + height / 2] * 2)
        sample.update_from(shown)
    elif isinstance(shown, PathCollection):
        sample = PathCollection(
            shown.get_paths(),
            sizes=shown.get_sizes()[:1],
            offsets=[(x + length / 2, y + height / 2)],
            offset_transform=IdentityTransform(),
            facecolors=shown.get_facecolor(),
            edgecolors=shown.get_edgecolor(),
            linewidths=shown.get_linewidth(),
        )
    else:
        sample = Rectangle((x, y), length, height)
        if isinstance(shown, Collection):
            sample.set(facecolor=shown.get_facecolor()[0], linewidth=0)
        else:
            sample.update_from(shown)
    sample.set(transform=IdentityTransform(), clip_on=False, clip_path=None, label="")
    return sample
