"""What a run over a network was asked to do, and what its list is."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import attrs
import pyarrow as pa

from vnvaxmatch.backends.remote import Codec, RemoteMatcher
from vnvaxmatch.bulk.pipes import ahead
from vnvaxmatch.bulk.provenance import about_library, digest
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.remote.headers import Header
from vnvaxmatch.bulk.remote.questions import QuestionReader
from vnvaxmatch.bulk.remote.remotes import Keys, Remote
from vnvaxmatch.bulk.runs import InputOptions, open_doses, reading_rules
from vnvaxmatch.errors import InputError
from vnvaxmatch.normalize.tables import tables_digest
from vnvaxmatch.policy import Disclosure, Policy

__all__ = ["DoseList", "Order"]


@attrs.frozen
class DoseList:
    """A list that can be read again and again; ``sha256`` is its digest, ``rows`` an estimate."""

    path: Path
    options: InputOptions
    rules: ReadingRules
    sha256: str
    rows: int | None

    @classmethod
    def look(cls, path: Path, options: InputOptions) -> DoseList:
        """Look at a list; what cannot be read says so here, before anything is begun."""
        source = open_doses(path, options)
        first = next(source.batches, None)
        if first is None:
            raise InputError(f"{path} has headings but no rows")
        return cls(path, options, reading_rules(first, options), digest(path), source.rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Read it from its start."""
        return ahead(open_doses(self.path, self.options).batches)


@attrs.frozen
class Order:
    """Which list is verified against which registry, and by which rules."""

    doses: DoseList
    remote: Remote
    policy: Policy
    disclosure: Disclosure

    def codec(self, keys: Keys) -> tuple[Codec, tuple[str, ...]]:
        """Make the codec, and give what it warns of."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            codec = self.remote.speaks(keys)
        return codec, tuple(dict.fromkeys(str(warning.message) for warning in said))

    def header(self, keys: Keys) -> Header:
        """Say what the journal of this run begins with."""
        options = self.doses.options
        reading = attrs.asdict(attrs.evolve(options, reference=None), recurse=False)
        return Header(
            doses=self.doses.sha256,
            registry=self.remote.address,
            codec=self.codec(keys)[0].name,
            options=keys.keyed(self.remote.codec_options),
            policy=str(self.policy),
            disclosure=self.disclosure.value,
            reading=keys.keyed({**reading, "names": self.doses.rules.encoding}),
            reference=str(options.reference or ""),
            library=about_library()["version"],
            tables=tables_digest(),
        )

    def reader(self, codec: Codec, keys: Keys) -> QuestionReader:
        """Make what reads the list into questions."""
        return QuestionReader(
            self.doses.rules,
            matcher=RemoteMatcher(codec),
            policy=self.policy,
            disclosure=self.disclosure,
            key=keys.derived("people"),
        )
