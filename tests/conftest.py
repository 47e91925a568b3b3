"""Hypothesis profiles: ``fast`` by default, ``deep`` by VNVAXMATCH_PROFILE=deep."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("fast", max_examples=60, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("deep", max_examples=2_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("VNVAXMATCH_PROFILE", "fast"))
