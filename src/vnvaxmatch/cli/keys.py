"""Key files: the master keys that personal values in a ledger are encrypted under."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import click

from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.ledger import KeyRing

__all__ = ["keys_option", "make_keys", "read_keys"]

_LARGEST = 1_000_000


def read_keys(path: Path) -> KeyRing:
    """Read a key file: JSON with ``current``, an id, and ``keys``, each of 32 bytes in base64.

    Raises :class:`InputError` or :class:`~vnvaxmatch.errors.LedgerError`; never shows a key.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
    except OSError as error:
        raise InputError(f"cannot read the keys {path}: {error.strerror}") from error
    try:
        told = json.loads(content)
        keys = {name: base64.b64decode(key, validate=True) for name, key in told["keys"].items()}
        return KeyRing(keys, current=told["current"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # the cause would hold what stands in the file
        raise InputError(
            f"{path} is no key file: make one with `vnvaxmatch casework keys FILE`"
        ) from None


def make_keys(path: Path, *, name: str, random: Callable[[int], bytes] = os.urandom) -> None:
    """Write a new key file that only its owner may read; one that is there is never replaced."""
    key = base64.b64encode(random(32)).decode("ascii")
    text = json.dumps({"current": name, "keys": {name: key}}, indent=2) + "\n"
    try:
        # made as it is to be read: at no moment may others read it
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise OutputError(
            f"{path} is there already: a key that is lost cannot be had back, so it is not replaced"
        ) from error
    except OSError as error:
        raise OutputError(f"cannot write the keys {path}: {error.strerror}") from error


keys_option = click.option(
    "--keys",
    "key_file",
    type=click.Path(path_type=Path, readable=False),
    help="The key file that personal values are encrypted with (made by `casework keys`).",
)
"""Adds ``--keys``."""
