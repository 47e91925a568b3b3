"""Whole lists over a network: somebody else's registry, asked about each person once.

Needs the extras ``bulk`` and ``remote``.
"""

from vnvaxmatch.bulk.remote.headers import Header
from vnvaxmatch.bulk.remote.journal import begun, folder_of
from vnvaxmatch.bulk.remote.remotes import Remote
from vnvaxmatch.bulk.remote.runs import verify_remote

__all__ = ["Header", "Remote", "begun", "folder_of", "verify_remote"]
