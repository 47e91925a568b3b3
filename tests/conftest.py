"""Hypothesis profiles: ``fast`` by default, ``deep`` by VNVAXMATCH_PROFILE=deep.

Where CI is set, the same examples are drawn every time: what fails there fails for the change that
was made. By hand, and by ``deep``, others are drawn every time, which is how rare faults are found.
"""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "fast",
    max_examples=60,
    deadline=None,
    suppress_health_check=_SLOW,
    derandomize=bool(os.environ.get("CI")),
)
settings.register_profile("deep", max_examples=2_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("VNVAXMATCH_PROFILE", "fast"))
