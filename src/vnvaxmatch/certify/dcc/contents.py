"""What a certificate says, once its signature and its form are checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from vnvaxmatch.certify.dcc.claims import Claims
from vnvaxmatch.certify.dcc.outcomes import Caution
from vnvaxmatch.certify.dcc.schemas import GROUPS, kind_of
from vnvaxmatch.certify.dcc.signers import Kind
from vnvaxmatch.certify.dcc.valuesets import maker_of, names
from vnvaxmatch.outcome import redact

__all__ = ["Contents", "cautions_of", "contents_of"]


_DAY_OF = {Kind.VACCINATION: "dt", Kind.TEST: "sc", Kind.RECOVERY: "fr"}


@attrs.frozen
class Contents:
    """What a certificate says of one person.

    ``surname`` and ``given`` are as written, ``standard`` as passports write them (ICAO 9303:
    surname, ``<<``, given names). ``birth`` is a day, a month, a year or nothing. ``entries`` have
    the fields of each vaccination, test or recovery under their names in the schema; since version
    1.3.0 there is one.
    """

    kind: Kind
    country: str | None
    issued: datetime
    expires: datetime
    surname: str = attrs.field(repr=redact)
    given: str = attrs.field(repr=redact)
    standard: str = attrs.field(repr=redact)
    birth: str = attrs.field(repr=redact)
    entries: tuple[Mapping[str, Any], ...] = attrs.field(repr=redact)

    @property
    def entry(self) -> Mapping[str, Any]:
        """The last of the entries, by its day."""
        return max(self.entries, key=lambda entry: str(entry[_DAY_OF[self.kind]]))

    @property
    def identifier(self) -> str:
        """The certificate's own number (UVCI)."""
        return str(self.entry["ci"])

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The numbers of all entries."""
        return tuple(str(entry["ci"]) for entry in self.entries)

    @property
    def name(self) -> str:
        """The full name, surname first, as Vietnamese write it."""
        return " ".join(part for part in (self.surname, self.given) if part)


def contents_of(claims: Claims, /) -> Contents | None:
    """Take the contents out of claims whose document fits its schema; None without times."""
    kind, document = kind_of(claims.document), claims.document
    if kind is None or claims.issued is None or claims.expires is None:
        return None
    group = next(name for name, known in GROUPS.items() if known is kind)
    name = document["nam"]
    return Contents(
        kind=kind,
        country=claims.country,
        issued=claims.issued,
        expires=claims.expires,
        surname=name.get("fn", ""),
        given=name.get("gn", ""),
        standard="<<".join((name.get("fnt", ""), name.get("gnt", ""))),
        birth=document["dob"],
        entries=tuple(document[group]),
    )


_DAY_LENGTH = 10
_LISTED = {
    "tg": ("disease-agent-targeted", Caution.DISEASE_NOT_LISTED),
    "vp": ("vaccine-prophylaxis", Caution.PROPHYLAXIS_NOT_LISTED),
    "mp": ("vaccine-medicinal-product", Caution.PRODUCT_NOT_LISTED),
    "co": ("country-2-codes", Caution.PLACE_NOT_LISTED),
    "tt": ("test-type", Caution.TEST_NOT_LISTED),
    "tr": ("test-result", Caution.RESULT_NOT_LISTED),
}


def cautions_of(contents: Contents, /) -> tuple[Caution, ...]:
    """Tell what is odd about a certificate: codes that no list has, a maker of another product."""
    entry = contents.entry
    found = [
        caution
        for field, (table, caution) in _LISTED.items()
        if field in entry and entry[field] not in names(table)
    ]
    if contents.kind is Kind.VACCINATION:
        found += _of_vaccine(contents)
    if len(str(entry[_DAY_OF[contents.kind]])) > _DAY_LENGTH and contents.kind is not Kind.TEST:
        found.append(Caution.TIME_IN_DATE)
    if contents.country and entry["co"] != contents.country:
        found.append(Caution.COUNTRY_DIFFERS)
    return tuple(found)


def _of_vaccine(contents: Contents) -> list[Caution]:
    entry, found = contents.entry, []
    if entry["ma"] not in names("vaccine-mah-manf"):
        found.append(Caution.MAKER_NOT_LISTED)
    maker = maker_of(entry["mp"])
    if maker is not None and entry["ma"] != maker:
        found.append(Caution.MAKER_DIFFERS)
    if "(deprecated)" in names("vaccine-medicinal-product").get(entry["mp"], ""):
        found.append(Caution.PRODUCT_WITHDRAWN)
    if date.fromisoformat(entry["dt"][:10]) > contents.issued.date():
        found.append(Caution.DOSE_AFTER_ISSUE)
    return found
