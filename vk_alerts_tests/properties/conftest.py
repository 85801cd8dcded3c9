"""Laws hold on slow machines, too: no example has a deadline. CI tries the same examples every time."""

import os

from hypothesis import settings

settings.register_profile("unhurried", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("unhurried")
