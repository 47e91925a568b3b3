"""What stands between a registry and whoever asks it: limits, watch and records.

Each guard does one thing, is told the time, and knows nothing of HTTP. None of them keeps or
writes an identity number. :mod:`~vnvaxmatch.server.guards.metrics` needs ``prometheus_client`` and
is loaded on its own.
"""

from vnvaxmatch.server.guards.access import AccessLog
from vnvaxmatch.server.guards.audit import Audit, AuditLine, digest_of
from vnvaxmatch.server.guards.rates import Rates
from vnvaxmatch.server.guards.sights import Sight, sight_of
from vnvaxmatch.server.guards.walking import Report, Step, Walk, Walking, WalkingSettings

__all__ = [
    "AccessLog",
    "Audit",
    "AuditLine",
    "Rates",
    "Report",
    "Sight",
    "Step",
    "Walk",
    "Walking",
    "WalkingSettings",
    "digest_of",
    "sight_of",
]
