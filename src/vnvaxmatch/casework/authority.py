"""Who may do what: roles, offices, and a policy that is named and versioned.

The library does not know who somebody is. The system that it is part of does: it names the actor,
and each event of a case records that name, the role, the office and the policy that allowed it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

from vnvaxmatch.casework.states import COMPARISONS, Step
from vnvaxmatch.errors import InputError
from vnvaxmatch.normalize import commune_name
from vnvaxmatch.normalize.communes import province_of

__all__ = ["Actor", "Authority", "Role", "dispatch", "plain"]

_LONGEST = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


class Role(StrEnum):
    """In which capacity somebody acts."""

    HEALTH = "health"
    """The health sector: answers for the vaccination."""
    POLICE = "police"
    """The police: answer for the identity."""
    COMMUNE = "commune"
    """A commune People's Committee: corrects and certifies its own people's records."""
    SITE = "site"
    """A vaccination site: does so for the records that it made or was assigned."""
    REGISTRY = "registry"
    """Whoever runs the comparison with the population registry."""


def plain(text: str) -> str:
    """Write a name as it is compared: one Unicode form, one space, no capitals.

    >>> plain("  Trạm  Y TẾ ") == plain("trạm y tế")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@attrs.frozen
class Actor:
    """Somebody who acts on cases, as the embedding system knows them.

    ``id`` is an account there: it stands in the clear in the ledger, so it is never an ID number.
    ``office`` is the five-digit code of a commune, the two-digit code of a province, or nothing
    for the whole country; of a site it is the name or code by which records name that site.
    Raises :class:`InputError` where the role and the office do not go together.

    >>> Actor("can-bo-7", role="commune", office="00004").role
    <Role.COMMUNE: 'commune'>
    """

    id: str = attrs.field(converter=_tidy)
    role: Role = attrs.field(converter=Role, kw_only=True)
    office: str = attrs.field(default="", converter=_tidy, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.id or len(self.id) > _LONGEST or _CONTROL.search(self.id):
            raise InputError("an actor needs a name of 1 to 100 printable characters")
        if re.fullmatch(r"\d{9}|\d{12}", re.sub(r"[\s.-]", "", self.id)):
            raise InputError("an actor is named by an account, not by an ID number: it stands in "
                             "the clear in the ledger")  # fmt: skip
        if len(self.office) > _LONGEST or _CONTROL.search(self.office):
            raise InputError("an office has no more than 100 printable characters")
        if self.role is Role.SITE:
            if not self.office:
                raise InputError("role site: name the vaccination site as the office")
        elif self.role is Role.COMMUNE and not _is_commune(self.office):
            raise InputError(
                "role commune: the office is the five-digit code of the commune since 2025"
            )
        elif self.office and not (_is_commune(self.office) or _is_province(self.office)):
            raise InputError(
                f"role {self.role}: the office is the code of a commune (5 digits) or of a "
                "province (2 digits) since 2025, or nothing for the whole country"
            )

    @property
    def key(self) -> str:
        """What two spellings of one account have in common."""
        return plain(self.id)


def _is_commune(code: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{5}", code) and commune_name(code))
    except KeyError:
        return False


def _province(commune: str) -> str:
    try:
        return province_of(commune)
    except KeyError:
        return ""


def _is_province(code: str) -> bool:
    return re.fullmatch(r"[0-9]{2}", code) is not None


def _frozen(may: Mapping[Step, Iterable[Role]]) -> Mapping[Step, frozenset[Role]]:
    return MappingProxyType({step: frozenset(may.get(step, ())) for step in Step})


@attrs.frozen
class Authority:
    """Which role may take which step, and whether it takes two people to correct and confirm.

    A step that is not in ``may`` is nobody's. With ``two_people``, nobody confirms a side of a
    record while a field of that side has a value that they put there.
    """

    name: str
    version: int
    may: Mapping[Step, frozenset[Role]] = attrs.field(converter=_frozen)
    two_people: bool = True

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without the view that keeps ``may`` as it is."""
        return type(self), (self.name, self.version, dict(self.may), self.two_people)

    def allows(self, role: Role, steps: Iterable[Step]) -> bool:
        """Tell whether a role may take all of these steps."""
        return all(role in self.may[step] for step in steps)

    def covers(self, actor: Actor, *, commune: str | None, sites: Iterable[str] = ()) -> bool:
        """Tell whether a case of a commune, or of one of these sites, is this actor's to act on."""
        office = actor.office
        if actor.role is Role.SITE:
            return plain(office) in {plain(site) for site in sites if site}
        if not office:
            return True
        return commune is not None and office in (commune, _province(commune))


_LOCAL = (Role.COMMUNE, Role.SITE, Role.HEALTH)

dispatch = Authority(
    name="dispatch",
    version=1,
    may={
        Step.RECEIVED: (Role.REGISTRY, Role.HEALTH),
        **dict.fromkeys(COMPARISONS, (Role.REGISTRY,)),
        Step.ASSIGNED: (Role.HEALTH, Role.REGISTRY, Role.COMMUNE),
        Step.IDENTITY_CORRECTED: (*_LOCAL, Role.POLICE),
        Step.VACCINATION_CORRECTED: _LOCAL,
        Step.CONTACT_CORRECTED: (*_LOCAL, Role.POLICE),
        Step.IDENTITY_CONFIRMED: (Role.POLICE,),
        Step.VACCINATION_CONFIRMED: (Role.HEALTH, Role.SITE),
        Step.SIGNED: _LOCAL,
        Step.MINUTES: (Role.COMMUNE, Role.SITE),
        Step.SUPERSEDED: _LOCAL,
        Step.REVOKED: _LOCAL,
    },
)
"""``dispatch/1``, after dispatch 9438/BYT-CNTT of 5 November 2021: the police confirm an identity,
or a comparison does; the health sector or the site confirms a vaccination; communes and sites
correct, sign, and draw up minutes."""
