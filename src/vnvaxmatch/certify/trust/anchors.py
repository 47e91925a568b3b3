"""Trust: the anchors that the user gives, in two trees, and what is known of revocation."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs

from vnvaxmatch.certify.forms.certificates import (
    Certificate,
    ders_of,
    read_certificate,
    weakness,
)
from vnvaxmatch.certify.forms.outcomes import Checked, Tree
from vnvaxmatch.certify.trust.revocation import Revocations
from vnvaxmatch.errors import CertifyError

__all__ = ["Branch", "Trust", "load_trust", "save_trust"]

_PINS: Final = "pins.csv"
_MOST_BYTES: Final = 50_000_000
_NOTES: Final = (".md", ".txt")
_ENDINGS: Final = {
    "anchors": (".pem", ".crt", ".cer", ".der"),
    "intermediates": (".pem", ".crt", ".cer", ".der"),
    "crls": (".crl", ".pem", ".der"),
    "ocsps": (".ors", ".ocsp", ".der"),
}


def _count(several: Iterable[object]) -> str:
    return str(len(tuple(several)))


def _names(pins: Iterable[str]) -> frozenset[str]:
    return frozenset(pins)


@attrs.frozen(eq=False)
class Branch:
    """One tree of trust, all of it DER.

    ``pins`` are the SHA-256 fingerprints (hexadecimal) of the anchors: an anchor that is not
    pinned is refused, so that nobody trusts a file only because it lies in the right folder.
    ``intermediates`` are the user's own pool, for signatures that come with the leaf only.
    """

    anchors: tuple[bytes, ...] = attrs.field(default=(), repr=_count)
    pins: frozenset[str] = attrs.field(default=frozenset(), converter=_names, repr=_count)
    intermediates: tuple[bytes, ...] = attrs.field(default=(), repr=_count)
    crls: tuple[bytes, ...] = attrs.field(default=(), repr=_count)
    ocsps: tuple[bytes, ...] = attrs.field(default=(), repr=_count)

    def __attrs_post_init__(self) -> None:
        for anchor in self.roots:
            if anchor.fingerprint not in self.pins:
                raise CertifyError(
                    f"the anchor {anchor.info.subject} is not pinned: compare its SHA-256 with "
                    f"what its issuer publishes, and then pin {anchor.fingerprint}"
                )
            if not anchor.parsed.ca or weakness(anchor.parsed.public_key):
                raise CertifyError(
                    f"the anchor {anchor.info.subject} is no certificate of an authority, or its "
                    "key is weak: give that of the root authority"
                )

    @cached_property
    def roots(self) -> tuple[Certificate, ...]:
        """The anchors, read."""
        return tuple(read_certificate(der) for der in self.anchors)

    @cached_property
    def pool(self) -> tuple[Certificate, ...]:
        """The intermediates, read."""
        return tuple(read_certificate(der) for der in self.intermediates)

    @cached_property
    def revocations(self) -> Revocations:
        """The lists and answers on revocation, read."""
        return Revocations.read(self.crls, self.ocsps)


def _frozen(trees: Mapping[Tree, Branch]) -> Mapping[Tree, Branch]:
    return MappingProxyType({Tree(tree): branch for tree, branch in trees.items()})


@attrs.frozen(eq=False)
class Trust:
    """Whom a verifier trusts: one :class:`Branch` for each tree, never merged.

    It is immutable, and remembers what it checked: keep one, and use it for many signatures.
    """

    trees: Mapping[Tree, Branch] = attrs.field(converter=_frozen)
    remembered: dict[Any, Checked] = attrs.field(factory=dict, init=False, repr=False)
    intact: dict[Any, bool] = attrs.field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        keys: dict[bytes, Tree] = {}
        for tree, branch in self.trees.items():
            for anchor in branch.roots:
                key = anchor.parsed.public_key.sha256
                if keys.setdefault(key, tree) is not tree:
                    raise CertifyError(
                        f"the key of the anchor {anchor.info.subject} is in both trees: an "
                        "authority belongs to one of them"
                    )

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without the view that keeps ``trees`` as it is, and without what was checked."""
        return type(self), (dict(self.trees),)

    def adding(
        self, tree: Tree, /, *, crls: Iterable[bytes] = (), ocsps: Iterable[bytes] = ()
    ) -> Trust:
        """Give the same trust with more knowledge of revocation (DER)."""
        branch = self.trees[tree]
        more = attrs.evolve(branch, crls=(*branch.crls, *crls), ocsps=(*branch.ocsps, *ocsps))
        return Trust({**self.trees, tree: more})


def load_trust(folder: str | Path, /) -> Trust:
    """Read the trust of a folder. Raises :class:`~vnvaxmatch.errors.CertifyError`.

    It holds ``pins.csv`` (columns ``tree`` and ``sha256``), and a folder for each tree,
    ``government`` and ``public``, with ``anchors``, ``intermediates``, ``crls`` and ``ocsps`` in
    it; each file is PEM or DER. Every anchor must be pinned for its tree, and for every pin there
    must be an anchor.
    """
    where = Path(folder)
    pins = _read_pins(where / _PINS)
    trees = {}
    for tree in Tree:
        parts = {part: _read_part(where / tree.value / part) for part in _ENDINGS}
        branch = Branch(pins=pins[tree], **parts)
        missing = pins[tree] - {anchor.fingerprint for anchor in branch.roots}
        if missing:
            raise CertifyError(
                f"{where / _PINS} pins {sorted(missing)[0]}, and {tree}/anchors has no such "
                "anchor: put it there, or remove the pin"
            )
        if branch.anchors:
            trees[tree] = branch
    if not trees:
        raise CertifyError(
            f"{where} holds no anchor: put the root certificates that you trust into "
            f"{Tree.GOVERNMENT}/anchors or {Tree.PUBLIC}/anchors, and pin them in {_PINS}"
        )
    return Trust(trees)


def _read_pins(path: Path) -> dict[Tree, frozenset[str]]:
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines(), restval=""))
        found = [(Tree(row["tree"].strip()), _pin(row["sha256"])) for row in rows]
    except FileNotFoundError:
        raise CertifyError(
            f"there is no {path}: pin each anchor in it (columns tree and sha256)"
        ) from None
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise CertifyError(
            f"{path} cannot be read: it wants the columns tree (government or public) and sha256 "
            "(64 hexadecimal digits)"
        ) from error
    return {tree: frozenset(pin for which, pin in found if which is tree) for tree in Tree}


def _pin(text: str) -> str:
    pin = text.strip().replace(":", "").lower()
    if len(bytes.fromhex(pin)) != 32:
        raise ValueError("not a SHA-256")
    return pin


def _read_part(folder: Path) -> tuple[bytes, ...]:
    """Read all files of one folder. A list on revocation may be large, other files may not."""
    label = "X509 CRL" if folder.name == "crls" else "CERTIFICATE"
    found: list[bytes] = []
    if not folder.is_dir():
        return ()
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() in _NOTES:
            continue
        if path.suffix.lower() not in _ENDINGS[folder.name]:
            raise CertifyError(
                f"{path} is of no kind that is read there ({', '.join(_ENDINGS[folder.name])}): "
                "rename or remove it"
            )
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise CertifyError("it is larger than 50 MB")
            ders = ders_of(path.read_bytes(), label=label)
            if not ders:
                raise CertifyError(f"it holds nothing of the kind ({label})")
            if folder.name in ("anchors", "intermediates"):
                for der in ders:
                    read_certificate(der)
            else:
                Revocations.read(
                    ders if folder.name == "crls" else (), ders if folder.name == "ocsps" else ()
                )
        except (OSError, CertifyError) as error:
            raise CertifyError(f"{path} cannot be used ({error}): remove or replace it") from error
        found += ders
    return tuple(found)


def save_trust(trust: Trust, folder: str | Path, /) -> None:
    """Write a trust as :func:`load_trust` reads it, into a folder that is not there yet or empty.

    The pins are written last, so that a folder half-written is none. Raises
    :class:`~vnvaxmatch.errors.CertifyError`.
    """
    where = Path(folder)
    try:
        where.mkdir(parents=True, exist_ok=True)
        if any(where.iterdir()):
            raise CertifyError(f"{where} is not empty: give another folder")
        lines = ["tree,sha256"]
        for tree, branch in trust.trees.items():
            parts = attrs.asdict(branch, filter=lambda one, _: one.name in _ENDINGS)
            for part, ders in parts.items():
                inner = where / tree.value / part
                inner.mkdir(parents=True)
                for number, der in enumerate(ders, 1):
                    (inner / f"{number:04}.der").write_bytes(der)
            lines += [f"{tree},{anchor.fingerprint}" for anchor in branch.roots]
        (where / _PINS).write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise CertifyError(f"{where} cannot be written: {error.strerror or error}") from error
