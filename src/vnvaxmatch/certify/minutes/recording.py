"""How minutes are named in the ledger where their cases are certified by them."""

from __future__ import annotations

from vnvaxmatch.certify.minutes.records import Minutes
from vnvaxmatch.certify.minutes.twins import digest_of, write_twin

__all__ = ["reference_of"]


def reference_of(minutes: Minutes, /) -> str:
    """Name minutes by the digest of their twin and their number.

    The twin has 16 random bytes in it, so that the digest, which stands in the clear, lets nobody
    guess who is in it.
    """
    return f"sha256:{digest_of(write_twin(minutes))} {minutes.number}"
