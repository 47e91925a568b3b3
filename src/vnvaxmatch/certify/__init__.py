"""Certify: results that anyone can check and nobody can alter.

What is here states what was found of records, signs any number of statements at once, and proves
them one by one. :mod:`vnvaxmatch.certify.signers` sign, :mod:`vnvaxmatch.certify.trust` says whom
to believe, and :mod:`vnvaxmatch.certify.dcc` issues and verifies vaccination certificates.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vnvaxmatch.certify.batches import Batch, Place, sign_batch
    from vnvaxmatch.certify.bundles import Bundle
    from vnvaxmatch.certify.findings import case_finding, row_finding
    from vnvaxmatch.certify.salted import Match, Salts, claim_text, dose_text
    from vnvaxmatch.certify.standings import Caution, Fault, Standing, words_of
    from vnvaxmatch.certify.statements import Context, Kind, Matches, Statement
    from vnvaxmatch.certify.verifying import Verified, Verifier, checking, verify
    from vnvaxmatch.certify.withdrawals import (
        SignedWithdrawals,
        Withdrawals,
        sign_withdrawals,
    )
    from vnvaxmatch.certify.writing import NewStatement

__all__ = [
    "Batch",
    "Bundle",
    "Caution",
    "Context",
    "Fault",
    "Kind",
    "Match",
    "Matches",
    "NewStatement",
    "Place",
    "Salts",
    "SignedWithdrawals",
    "Standing",
    "Statement",
    "Verified",
    "Verifier",
    "Withdrawals",
    "case_finding",
    "checking",
    "claim_text",
    "dose_text",
    "row_finding",
    "sign_batch",
    "sign_withdrawals",
    "verify",
    "words_of",
]

_MODULES = ("batches", "bundles", "findings", "salted", "standings", "statements", "verifying",
            "withdrawals", "writing")  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a name when it is asked for: one part of this package needs little of the others."""
    if name in __all__:
        for part in _MODULES:
            module = import_module(f"{__name__}.{part}")
            if name in module.__all__:
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
