"""From rows of texts to questions: who is to be asked about, each distinct person once.

Two rows are of one person if the question and the four fields, once canonical, are the same: what
is made of an answer depends on nothing else.
"""

from __future__ import annotations

import hmac
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.backends import Decision
from vnvaxmatch.backends.remote import RemoteMatcher, Request, Response
from vnvaxmatch.bulk.claims import ClaimReader, column_of
from vnvaxmatch.bulk.lift import distinct, distinct_ints, distinct_rows
from vnvaxmatch.bulk.names import NameReader
from vnvaxmatch.bulk.numbers import SEXES
from vnvaxmatch.bulk.picking import Settler
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.remote.lines import decision_of
from vnvaxmatch.bulk.remote.people import DIGEST_BYTES
from vnvaxmatch.normalize import BirthDate, IdNumber, PersonName
from vnvaxmatch.outcome import Normalized, redact
from vnvaxmatch.policy import Disclosure, Policy, Verdict
from vnvaxmatch.records import Claim

__all__ = ["Question", "QuestionReader", "Row"]

Ints: TypeAlias = npt.NDArray[Any]


@attrs.frozen(eq=False)
class Question:
    """What is to be asked about a person, whose digest ``person`` is."""

    person: bytes = attrs.field(repr=redact)
    request: Request
    _flow: Any = attrs.field(repr=False)

    def concluded(self, response: Response, *, disclosure: Disclosure) -> Decision:
        """Conclude what a response comes to; once only. ReplyError if it is no answer."""
        return _ended(self._flow, response, disclosure)


Row: TypeAlias = Question | Decision
"""What a row comes to by itself: something to ask, or what it is without asking."""


class QuestionReader:
    """Reads batches of texts into questions.

    ``key`` makes the digests of people: the same key, the same digest.
    """

    def __init__(
        self,
        rules: ReadingRules,
        *,
        matcher: RemoteMatcher,
        policy: Policy,
        disclosure: Disclosure,
        key: bytes,
    ) -> None:
        self._claims = ClaimReader(
            reference=rules.reference, encoding=rules.encoding, vintage=rules.vintage
        )
        self._names = NameReader(rules.encoding, fields=("text", "key"))
        self._settler = Settler(self._claims.owns)
        self._matcher = matcher
        self._policy = policy
        self._disclosure = disclosure
        self._key = key

    def read(self, batch: pa.RecordBatch) -> tuple[list[Row], Ints]:
        """Give what the rows of a batch come to, each once, and the place of each row's."""
        claims = self._claims.read(batch)
        settled = self._settler.settle(claims)
        outcomes = self._settler.outcomes.things
        known, place = distinct_ints(settled)
        rows: list[Row] = []
        index = np.zeros(len(claims), dtype=np.int64)
        for at, number in enumerate(known.tolist()):
            outcome = outcomes[number]
            of = np.flatnonzero(place == at)
            if outcome is not None:
                index[of] = len(rows)
                rows.append(Decision(outcome))
                continue
            names = self._names.read(column_of(batch, "full_name").take(pa.array(of)))
            texts, text_of = distinct(names.text)
            columns = (claims.number[of], claims.birth[of], claims.sex[of])
            first, person_of = distinct_rows(distinct_ints(columns[0])[1], text_of, *columns[1:])
            index[of] = len(rows) + person_of
            keys = names.key.take(pa.array(first)).to_pylist()
            cells = zip(*(column[first].tolist() for column in columns), strict=True)
            texts = [texts[at] for at in text_of[first].tolist()]
            rows += [
                self._row(PersonName(text, key), *cell)
                for text, key, cell in zip(texts, keys, cells, strict=True)
            ]
        return rows, index

    def _row(self, name: PersonName, number: int, birth: int, sex: int) -> Row:
        """Make the question about a claim of these values, and of nothing else."""
        known = SEXES[sex]
        assert known is not None
        claim = Claim(
            name=Normalized(name),
            birth=Normalized(BirthDate.from_code(birth)),
            sex=Normalized(known),
            id_number=Normalized(IdNumber.from_code(number)),
        )
        flow = self._matcher.flow(claim, policy=self._policy)
        try:
            request = next(flow)
        except StopIteration as done:
            verdict: Verdict = done.value
            return decision_of(verdict, disclosure=self._disclosure)
        parts = (str(name), name.key, f"{number} {birth} {sex}", request.method, request.path)
        return Question(self._digest((*map(str.encode, parts), request.body)), request, flow)

    def _digest(self, parts: tuple[bytes, ...]) -> bytes:
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self._key, message, "sha256")[:DIGEST_BYTES]


def _ended(flow: Any, response: Response, disclosure: Disclosure) -> Decision:
    try:
        flow.send(response)
    except StopIteration as done:
        verdict: Verdict = done.value
        return decision_of(verdict, disclosure=disclosure)
    raise AssertionError("a remote matcher asks one question")
