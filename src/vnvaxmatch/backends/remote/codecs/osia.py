"""OSIA: «is this so of the person with that number?», in JSON (data access interface 1.3.0).

``verify`` is answered by a bare true or false, ``match`` by the attributes that do not fit. What
the attributes are called is not fixed by the standard: see :class:`.attributes.FieldMap`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote

import attrs

from vnvaxmatch.backends.remote.answers import Answer, ReplyFault
from vnvaxmatch.backends.remote.codecs.attributes import DEFAULT_ATTRIBUTES, FieldMap
from vnvaxmatch.backends.remote.codecs.forms import SEX_WORDS, DateForm, NameForm, choice
from vnvaxmatch.backends.remote.codecs.judging import agreement
from vnvaxmatch.backends.remote.codecs.texts import check_media, dump_json, read_json
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.compare import Level
from vnvaxmatch.errors import ReplyError, RequestError
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure, Outcome, Policy, Verdict, strict
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["NOT_COMPARABLE", "SEVERAL", "Operation", "Osia"]

SEVERAL: Final = 409_001
"""Code of our own beside status 409: several people have the number. The standard has none."""

NOT_COMPARABLE: Final = 409_002
"""The same, for a person of whom the registry lacks a field that was asked."""

_JSON: Final = {"content-type": "application/json", "accept": "application/json"}
_PATH: Final = re.compile(r"/v1/persons/([^/?#]+)/(verify|match)")
_UNKNOWN, _DIFFERS = 0, 1
_UNMARKED: Final = frozenset({Level.UNMARKED})


class Operation(StrEnum):
    """Which of the two questions is asked."""

    VERIFY = "verify"
    """True or false: the least that can be told."""
    MATCH = "match"
    """Which attributes do not fit."""


def _operation(given: str) -> Operation:
    return choice(Operation, given, option="operation")


@attrs.frozen
class Osia:
    """The codec ``osia``, and its answering side.

    A 404 is «nobody has that number» if its body is empty or an error object of the standard
    (``code``, ``message``); any other body is somebody else's 404, and no answer.

    >>> claim = Claim.read(name="Trần Thử", birth="10/11/1985", sex="Nam", id_number="001085000123")
    >>> Osia().request(claim).body.decode().count("attributeName")
    3
    """

    operation: Operation = attrs.field(default=Operation.VERIFY, converter=_operation)
    attributes: Mapping[str, str] = DEFAULT_ATTRIBUTES
    names: NameForm | str = NameForm.CANONICAL
    dates: DateForm | str = DateForm.ISO
    sexes: Mapping[str, str] = SEX_WORDS
    _map: FieldMap = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        made = FieldMap(self.attributes, self.names, self.dates, self.sexes)
        object.__setattr__(self, "_map", made)

    @property
    def name(self) -> str:
        """Name and version, as results record it."""
        return "osia/1"

    @property
    def asks(self) -> frozenset[Field]:
        """The number, which is in the path, and the fields of the map."""
        return self._map.fields | {Field.ID_NUMBER}

    @property
    def statuses(self) -> frozenset[int]:
        """200, 404, and our own 409."""
        return frozenset({200, 404, 409})

    def request(self, claim: Claim, /) -> Request | Reason:
        """Ask about everything that the claim gives and the map names."""
        written = self._map.write(claim)
        if claim.gap(Field.ID_NUMBER) is not None or not written:
            return Reason.CANNOT_BE_ASKED
        body: object = written
        if self.operation is Operation.VERIFY:
            body = [
                {"attributeName": name, "operator": "=", "value": value}
                for name, value in written.items()
            ]
        number = quote(claim.id_number.unwrap().text, safe="")
        path = f"/v1/persons/{number}/{self.operation}"
        return Request("POST", path, dump_json(body), dict(_JSON))

    def answer(self, response: Response, claim: Claim, /) -> Answer:
        """Read true, false, the list of what does not fit, or that nobody has the number."""
        if response.status not in self.statuses:
            raise ReplyError(ReplyFault.STATUS)
        check_media(response, "json")
        if response.status == 404 and not response.body.strip():
            return Answer.absent()
        said = read_json(response.body)
        if response.status != 200:
            return _exception(response.status, said)
        asked = self._asked(claim)
        if self.operation is Operation.VERIFY:
            if not isinstance(said, bool):
                raise ReplyError(ReplyFault.SHAPE)
            if not said:
                return Answer.denied()
            return self._present(dict.fromkeys(asked, Level.SAME), claim, agrees=True)
        return self._present(_levels(said, asked, self._map.by_attribute), claim)

    def _asked(self, claim: Claim) -> frozenset[Field]:
        return frozenset(field for field in self.asks if claim.gap(field) is None)

    def _present(
        self, levels: dict[Field, Level], claim: Claim, *, agrees: bool | None = None
    ) -> Answer:
        at_least = self._map.at_least(claim)
        if Field.NAME in at_least and levels.get(Field.NAME) is Level.SAME:
            levels[Field.NAME] = Level.UNMARKED
            return Answer.present(levels, agrees=agrees, at_least=at_least)
        return Answer.present(levels, agrees=agrees)

    def parse_request(self, request: Request, /) -> Claim:
        """Read the claim; RequestError says in one word what is wrong with a request."""
        found = _PATH.fullmatch(request.path)
        if found is None or found[2] != self.operation:
            raise RequestError("path")
        if request.method != "POST":
            raise RequestError("method")
        values = _stated(request.body, self.operation)
        if set(values) - set(self._map.by_attribute):
            raise RequestError("unknown_attribute")
        claim = self._map.read(values, id_number=unquote(found[1], errors="replace"))
        if claim is None:
            raise RequestError("value")
        return claim

    def render_answer(
        self,
        verdict: Verdict,
        claim: Claim,
        /,
        *,
        disclosure: Disclosure = Disclosure.VERDICT,
        policy: Policy | None = None,
        entry: Entry | None = None,
    ) -> Response:
        """Say true or false, or which attributes do not fit.

        At disclosure ``verdict`` a number that nobody has is a false like any other, and ``match``
        is refused with 403, for all it could tell is more than that.
        """
        secret = disclosure is Disclosure.VERDICT
        if secret and self.operation is Operation.MATCH:
            return _error(403, 403, "forbidden: which field differs is not told here")
        if verdict.outcome is Outcome.AMBIGUOUS:
            return _error(409, SEVERAL, "several people have this number")
        nobody = Reason.NOT_IN_REGISTRY in verdict.found
        if verdict.evidence is None and verdict.outcome is Outcome.INCOMPLETE and not nobody:
            return _error(409, NOT_COMPARABLE, "not all of this can be compared")
        unknown = verdict.evidence is None and verdict.outcome is not Outcome.MATCHED
        if unknown and verdict.outcome is not Outcome.MISMATCHED:
            if not secret:
                return _error(404, 404, "unknown uin")
            return _json(200, False)
        also = {Field.NAME: _UNMARKED} if self._map.at_least(claim) else {}
        agrees = agreement(verdict, self._asked(claim), policy=policy or strict, also=also)
        if self.operation is Operation.MATCH:
            return _json(200, self._not_fitting(agrees, claim))
        if unknown or False in agrees.values():
            return _json(200, False)
        if None in agrees.values():
            return _error(409, NOT_COMPARABLE, "not all of this can be compared")
        return _json(200, True)

    def _not_fitting(self, agrees: Mapping[Field, bool | None], claim: Claim) -> list[object]:
        return [
            {"attributeName": name, "errorCode": _UNKNOWN if agrees[field] is None else _DIFFERS}
            for name, field in self._map.by_attribute.items()
            if claim.gap(field) is None and agrees[field] is not True
        ]


def _exception(status: int, said: object) -> Answer:
    """Read an error object: of the standard, and beside 409 with one of our codes."""
    code, message = (said.get("code"), said.get("message")) if isinstance(said, dict) else (0, 0)
    if not isinstance(said, dict) or set(said) != {"code", "message"}:
        raise ReplyError(ReplyFault.SHAPE)
    if not isinstance(code, int) or isinstance(code, bool) or not isinstance(message, str):
        raise ReplyError(ReplyFault.SHAPE)
    if status == 404:
        return Answer.absent()
    if code == SEVERAL:
        return Answer.several()
    if code == NOT_COMPARABLE:
        return Answer.untold()
    raise ReplyError(ReplyFault.ERROR_REPORTED)


def _levels(
    said: object, asked: frozenset[Field], by_attribute: Mapping[str, Field]
) -> dict[Field, Level]:
    """Read which attributes do not fit; all others do. A field is as bad as its worst attribute."""
    if not isinstance(said, list):
        raise ReplyError(ReplyFault.SHAPE)
    codes: dict[str, int] = {}
    for item in said:
        name, code = _not_fitting_item(item)
        if by_attribute.get(name) not in asked:
            raise ReplyError(ReplyFault.UNKNOWN_FIELD)
        if codes.setdefault(name, code) != code:
            raise ReplyError(ReplyFault.CONTRADICTION)
    levels = dict.fromkeys(asked, Level.SAME)
    for name, code in sorted(codes.items(), key=lambda item: item[1]):
        levels[by_attribute[name]] = Level.DIFFERENT if code == _DIFFERS else Level.MISSING
    return levels


def _not_fitting_item(item: object) -> tuple[str, int]:
    if not isinstance(item, dict) or set(item) != {"attributeName", "errorCode"}:
        raise ReplyError(ReplyFault.SHAPE)
    name, code = item["attributeName"], item["errorCode"]
    if not isinstance(name, str) or type(code) is not int or code not in (_UNKNOWN, _DIFFERS):
        raise ReplyError(ReplyFault.SHAPE)
    return name, code


def _stated(body: bytes, operation: Operation) -> dict[str, str]:
    """Read what a request states, attribute by attribute."""
    try:
        said = read_json(body)
    except ReplyError as error:
        kind = error.kind
    else:
        if operation is Operation.MATCH:
            pairs = list(said.items()) if isinstance(said, dict) else None
        else:
            pairs = [_expression(item) for item in said] if isinstance(said, list) else None
        if not pairs:
            raise RequestError("shape")
        stated = dict(pairs)
        if len(stated) != len(pairs) or not all(isinstance(v, str) for v in stated.values()):
            raise RequestError("value")
        return stated
    raise RequestError(kind)


def _expression(item: object) -> tuple[str, object]:
    if not isinstance(item, dict) or set(item) != {"attributeName", "operator", "value"}:
        raise RequestError("shape")
    if item["operator"] != "=":
        raise RequestError("operator")
    if not isinstance(item["attributeName"], str):
        raise RequestError("shape")
    return item["attributeName"], item["value"]


def _json(status: int, value: object) -> Response:
    return Response(status, dump_json(value), {"content-type": "application/json"})


def _error(status: int, code: int, message: str) -> Response:
    return _json(status, {"code": code, "message": message})
