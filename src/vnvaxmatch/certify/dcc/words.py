"""The words of certificates: the codes under which messages have them in both languages."""

from __future__ import annotations

from enum import StrEnum

from vnvaxmatch.certify.dcc.outcomes import Caution, Fault, Result, Standing, Step
from vnvaxmatch.messages import Lang, message

__all__ = ["Phrase", "words_of"]


class Phrase(StrEnum):
    """What stands on a printed certificate, and what a verifier is told; by its message."""

    TITLE = "certify.dcc.page.title"
    SECTION_VACCINATION = "certify.dcc.page.section_vaccination"
    SECTION_CERTIFICATE = "certify.dcc.page.section_certificate"
    NAME = "certify.dcc.page.name"
    STANDARD_NAME = "certify.dcc.page.standard_name"
    BIRTH = "certify.dcc.page.birth"
    DISEASE = "certify.dcc.page.disease"
    PROPHYLAXIS = "certify.dcc.page.prophylaxis"
    PRODUCT = "certify.dcc.page.product"
    MAKER = "certify.dcc.page.maker"
    DOSE = "certify.dcc.page.dose"
    DAY = "certify.dcc.page.day"
    COUNTRY = "certify.dcc.page.country"
    ISSUER = "certify.dcc.page.issuer"
    IDENTIFIER = "certify.dcc.page.identifier"
    ISSUED = "certify.dcc.page.issued"
    EXPIRES = "certify.dcc.page.expires"
    SIGNER = "certify.dcc.page.signer"
    STATUS_LIST = "certify.dcc.page.status_list"
    NOTE = "certify.dcc.page.note"


def words_of(code: Caution | Fault | Result | Standing | Step, /, *, lang: Lang = "vi") -> str:
    """Give the words for a code.

    >>> words_of(Standing.REVOKED), words_of(Fault.SIGNER_UNKNOWN, lang="en")
    ('Đã bị thu hồi', 'None of the trusted signers signed it')
    """
    return message(f"certify.dcc.{type(code).__name__.lower()}.{code.value}", lang=lang)
