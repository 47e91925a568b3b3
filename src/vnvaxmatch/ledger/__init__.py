"""The one tamper-evident log: append-only events, each a leaf of an RFC 6962 Merkle tree.

>>> from datetime import UTC, datetime
>>> ledger = MemoryLedger()
>>> ledger.append([Event("case/1", "received", datetime(2026, 5, 4, tzinfo=UTC), {"row": 17})])
(0,)
>>> verify_inclusion(
...     ledger.read("case/1")[0].leaf, ledger.inclusion(0), index=0, checkpoint=ledger.checkpoint()
... )
"""

from vnvaxmatch.ledger.events import (
    JSON,
    Checked,
    Checkpoint,
    Event,
    Fault,
    Head,
    Recorded,
    Seal,
    Tally,
)
from vnvaxmatch.ledger.keys import KeyRing
from vnvaxmatch.ledger.memory import MemoryLedger
from vnvaxmatch.ledger.opening import open_ledger
from vnvaxmatch.ledger.proofs import Consistency, Proof, checkpoint_text, read_checkpoint
from vnvaxmatch.ledger.protocol import Ledger, Progress
from vnvaxmatch.ledger.sqlite import SQLiteLedger
from vnvaxmatch.ledger.trees import (
    EMPTY_ROOT,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "JSON",
    "Checked",
    "Checkpoint",
    "Consistency",
    "Event",
    "Fault",
    "Head",
    "KeyRing",
    "Ledger",
    "MemoryLedger",
    "Progress",
    "Proof",
    "Recorded",
    "SQLiteLedger",
    "Seal",
    "Tally",
    "checkpoint_text",
    "leaf_hash",
    "node_hash",
    "open_ledger",
    "read_checkpoint",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]
