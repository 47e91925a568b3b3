"""Every exception this library raises on purpose.

::

    VnvaxmatchError
    ├── RejectedError          .unwrap() of a text that was rejected
    ├── InputError             a file, a column or an option cannot be used
    │   └── ColumnError        a mandatory column is missing, or two fit
    ├── OutputError            a result cannot be written
    ├── RegistryError          a registry cannot be opened, read or built
    ├── BackendError           no backend of that name, or not a backend
    ├── ModelError             a model cannot be read, or lacks a part
    └── MissingExtraError      an optional part is not installed

A message says what is wrong, where, and what to do; it never holds a value from a record.
All of them take plain arguments, so they pickle.
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "ColumnError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "OutputError",
    "RegistryError",
    "RejectedError",
    "VnvaxmatchError",
]


class VnvaxmatchError(Exception):
    """The root of the tree: catch it to catch all of them."""


class RejectedError(VnvaxmatchError):
    """A rejected text was unwrapped. ``reason`` is the code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InputError(VnvaxmatchError):
    """An input cannot be used as it is."""


class ColumnError(InputError):
    """A mandatory column is missing, or several could be meant."""


class OutputError(VnvaxmatchError):
    """A result cannot be written."""


class RegistryError(VnvaxmatchError):
    """A registry cannot be opened, read, asked or built. Never means «not found»."""


class BackendError(VnvaxmatchError):
    """No backend has that name, or what has it is not a backend."""


class ModelError(VnvaxmatchError):
    """A model of match weights cannot be read, or lacks a part."""


class MissingExtraError(VnvaxmatchError):
    """An optional part is not installed."""

    def __init__(self, extra: str) -> None:
        super().__init__(extra)
        self.extra = extra

    def __str__(self) -> str:
        return f"this needs an optional part: pip install 'vnvaxmatch[{self.extra}]'"
