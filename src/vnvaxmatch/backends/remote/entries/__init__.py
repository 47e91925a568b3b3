"""A registry's entries over the wire, for the parts of the body that owns it: ``entries/1``.

Who asks is told whole people, and compares for himself. Both sides of the protocol are pure pairs
of functions: :func:`ask_find` and :func:`read_found` for whoever asks, :func:`parse_find` and
:func:`render_found` for whoever is asked.
"""

from vnvaxmatch.backends.remote.entries.keys import KEYS_LIMIT
from vnvaxmatch.backends.remote.entries.protocol import (
    BODY_LIMIT,
    FIND,
    FREQUENCIES,
    NAME,
    STATUSES,
    ask_find,
    ask_frequencies,
    parse_find,
    read_found,
    read_frequencies,
    render_found,
    render_frequencies,
)
from vnvaxmatch.backends.remote.entries.registry import AsyncRemoteEntries, RemoteEntries

__all__ = [
    "BODY_LIMIT",
    "FIND",
    "FREQUENCIES",
    "KEYS_LIMIT",
    "NAME",
    "STATUSES",
    "AsyncRemoteEntries",
    "RemoteEntries",
    "ask_find",
    "ask_frequencies",
    "parse_find",
    "read_found",
    "read_frequencies",
    "render_found",
    "render_frequencies",
]
