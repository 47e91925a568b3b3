"""A batch: statements under one tree, whose checkpoint is signed once for all of them.

A folder of few files, however many statements there are::

    batch.json          what all statements have in common, and the digests of the other files
    checkpoint          the text that is signed: whose tree, how many statements, the root
    checkpoint.p7s      the signature of it as openssl reads it (or .jws)
    signatures.json     the signatures, with the evidence of their time
    statements.jsonl    what is stated of each record, a line each
    statements.index    where each line begins
    tree.bin            the hashes of the tree
    secrets.sqlite      salts and record numbers: for the office alone, never to be published
"""

from __future__ import annotations

import json
import mmap
import os
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import attrs

from vnvaxmatch.certify.bundles import Bundle
from vnvaxmatch.certify.checkpoints import ORIGIN, parse_checkpoint, write_checkpoint
from vnvaxmatch.certify.folders import new_folder
from vnvaxmatch.certify.forms.outcomes import Form
from vnvaxmatch.certify.forms.records import Signature
from vnvaxmatch.certify.salted import Salts
from vnvaxmatch.certify.signers import Signer
from vnvaxmatch.certify.signers.protocol import sign_by_all
from vnvaxmatch.certify.statements import CLOSING, Context, Statement, opening
from vnvaxmatch.certify.texts import read_json
from vnvaxmatch.certify.writing import (
    INDEX,
    LINES,
    SECRETS,
    TREE,
    NewStatement,
    Random,
    StatementsWriter,
)
from vnvaxmatch.errors import CertifyError, InputError
from vnvaxmatch.ledger import Checkpoint
from vnvaxmatch.ledger.canonical import canonical
from vnvaxmatch.ledger.trees import Node, inclusion_spans, leaf_hash, span_hash

__all__ = ["BATCH", "CHECKPOINT", "ENDINGS", "SIGNATURES", "Batch", "Place", "sign_batch"]

BATCH: Final = "batch.json"
CHECKPOINT: Final = "checkpoint"
SIGNATURES: Final = "signatures.json"
_TYPE: Final = "vnvaxmatch.batch/1"
_LARGEST: Final = 64 << 20
_HASH: Final = 32
ENDINGS: Final = {Form.CADES: ".p7s", Form.JWS: ".jws"}
_OFFSET: Final = struct.Struct("<Q")


@attrs.frozen
class Place:
    """Where a statement stands in its batch, and the name it has there."""

    index: int
    reference: str


def sign_batch(
    statements: Iterable[NewStatement],
    /,
    *,
    context: Context,
    signers: Sequence[Signer],
    out: Path,
    at: datetime,
    origin: str = ORIGIN,
    random: Random = os.urandom,
    progress: Callable[[int], None] | None = None,
) -> Batch:
    """State any number of things, sign them once, and write the batch as a new folder.

    Every signer signs the same checkpoint; ``at`` is when. The folder appears whole or not at all.
    Raises :class:`~vnvaxmatch.errors.CertifyError` where there is nothing to state, and what the
    signers and the statements raise.
    """
    if not signers:
        raise CertifyError("a batch needs a signer")
    write_checkpoint(Checkpoint(1, bytes(_HASH)), origin=origin)  # a bad origin shows at once
    with new_folder(out) as folder:
        with StatementsWriter(folder, context=context, random=random) as writer:
            writer.write(statements, progress=progress)
            tree = writer.finish()
        if not tree.size:
            raise CertifyError("there is nothing to state: the batch would be empty")
        checkpoint = write_checkpoint(tree, origin=origin)
        signatures = sign_by_all(signers, checkpoint, at=at)
        (folder / CHECKPOINT).write_bytes(checkpoint)
        for number, signature in enumerate(signatures):
            suffix = "" if number == 0 else f"-{number + 1}"
            name = f"{CHECKPOINT}{suffix}{ENDINGS[signature.form]}"
            (folder / name).write_bytes(signature.value)
        told = {"signatures": [one.as_data() for one in signatures]}
        (folder / SIGNATURES).write_text(canonical(told) + "\n", encoding="utf-8")
        about = {"context": json.loads(context.to_json()), "size": tree.size, "type": _TYPE}
        (folder / BATCH).write_text(
            json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    return Batch(out)


class Batch:
    """A signed batch, opened; a context manager. Nothing of it is believed yet.

    Raises :class:`~vnvaxmatch.errors.InputError` where the folder is none or lacks a file.
    """

    def __init__(self, folder: str | Path, /) -> None:
        self.folder = Path(folder)
        self.context = self._context()
        self.checkpoint = self._read(CHECKPOINT)
        self.tree: Checkpoint = parse_checkpoint(self.checkpoint)
        self.signatures = self._signatures()
        self._before, self._after = opening(self.context).encode(), CLOSING.encode()
        with ExitStack() as stack:
            self._lines = stack.enter_context(self._open(LINES))
            self._index = stack.enter_context(self._open(INDEX))
            self._nodes = stack.enter_context(self._open(TREE))
            self._closing = stack.pop_all()
        size = self.tree.size
        if (len(self._index), len(self._nodes)) != (
            _OFFSET.size * (size + 1),
            _HASH * _row_of(size),
        ):
            self.close()
            raise InputError(f"{self.folder} has not the {size} statements that were signed")

    @property
    def size(self) -> int:
        """How many statements it has."""
        return self.tree.size

    def line(self, index: int, /) -> bytes:
        """Give what is stated of one record, as it was written."""
        if not 0 <= index < self.size:
            raise InputError(f"there is no statement {index}: the batch has {self.size}")
        start, end = (_OFFSET.unpack_from(self._index, 8 * (index + i))[0] for i in range(2))
        if not 0 <= start < end <= len(self._lines):
            raise InputError(f"{self.folder / INDEX} is damaged: get the batch again")
        return self._lines[start : end - 1]

    def content(self, index: int, /) -> bytes:
        """Give what the leaf of a statement holds."""
        return b"".join((self._before, self.line(index), self._after))

    def contents(self) -> Iterator[bytes]:
        """Give what all leaves hold, in their order."""
        return (self.content(index) for index in range(self.size))

    def leaf(self, index: int, /) -> bytes:
        """Give the leaf hash of a statement, which is its digest."""
        return leaf_hash(self.content(index))

    def statement(self, index: int, /) -> Statement:
        """Read a statement."""
        return Statement.read(self.content(index))

    def bundle(self, index: int, /) -> Bundle:
        """Make the proof bundle of a statement."""
        content = self.content(index)
        if self._node((0, index)) != leaf_hash(content):
            raise InputError(
                f"statement {index} of {self.folder} is not the one that was signed: get the "
                "batch again"
            )
        spans = inclusion_spans(index, size=self.size)
        proof = tuple(span_hash(span, self._node) for span in spans)
        return Bundle(content, index, proof, self.checkpoint, self.signatures)

    def find(self, record: str, /) -> tuple[Place, ...]:
        """Find statements by the record number of the office, or by their reference.

        It needs the office's secrets. Raises :class:`~vnvaxmatch.errors.InputError`.
        """
        # in the order of the list, whichever way it was named
        rows = self._ask(
            "SELECT place, reference FROM salts WHERE record = ?1 AND ?1 <> '' "
            "UNION SELECT place, reference FROM salts WHERE reference = ?1 ORDER BY place",
            record,
        )
        return tuple(Place(place, reference) for place, reference in rows)

    def salts(self, index: int, /) -> Salts:
        """Give the salts of a statement, for who holds the record; it needs the secrets."""
        rows = self._ask("SELECT claim, dose FROM salts WHERE place = ?", index)
        if len(rows) != 1:
            raise InputError(f"{self.folder / SECRETS} has no salts of statement {index}")
        return Salts(*rows[0])

    def close(self) -> None:
        """Close its files."""
        self._closing.close()

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()

    def _context(self) -> Context:
        told = read_json(self._read(BATCH), _LARGEST, "a batch")
        try:
            if told["type"] != _TYPE:
                raise ValueError
            return Context.of(told["context"])
        except (AttributeError, CertifyError, KeyError, TypeError, ValueError):
            raise InputError(f"{self.folder / BATCH} is damaged: get the batch again") from None

    def _signatures(self) -> tuple[Signature, ...]:
        told = read_json(self._read(SIGNATURES), _LARGEST, "the signatures of a batch")
        try:
            return tuple(Signature.from_data(one) for one in told["signatures"])
        except (AttributeError, CertifyError, KeyError, TypeError, ValueError):
            raise InputError(
                f"{self.folder / SIGNATURES} is damaged: get the batch again"
            ) from None

    def _read(self, name: str) -> bytes:
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(_LARGEST)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(
                f"{self.folder} is no signed batch: it has no {name}; name a folder that "
                "`vnvaxmatch certify sign` wrote"
            ) from error
        except OSError as error:
            raise InputError(f"cannot read {self.folder / name}: {error.strerror}") from error

    def _open(self, name: str) -> mmap.mmap:
        try:
            with (self.folder / name).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read {self.folder / name}: get the batch again") from error

    def _node(self, node: Node) -> bytes:
        level, place = node
        # a node stands in the row of the last leaf below it, as many places in as its level
        at = _HASH * (_row_of(((place + 1) << level) - 1) + level)
        return self._nodes[at : at + _HASH]

    def _ask(self, question: str, value: object) -> list[Any]:
        path = (self.folder / SECRETS).resolve()
        if not path.is_file():
            raise InputError(
                f"{self.folder} has no {SECRETS}: only the office that signed the batch can find "
                "a record in it"
            )
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as secrets:
                return secrets.execute(question, (value,)).fetchall()
        except sqlite3.Error as error:
            raise InputError(f"cannot read {path}: it is damaged") from error


def _row_of(leaf: int) -> int:
    """Count the nodes that all leaves before one complete, themselves included.

    >>> [_row_of(leaf) for leaf in range(5)]
    [0, 1, 3, 4, 7]
    """
    return 2 * leaf - leaf.bit_count()
