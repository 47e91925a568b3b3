"""The published value sets: which codes there are, and what they are called.

They grow, so that a code that is not here is a caution, never a refusal.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import attrs

from vnvaxmatch.normalize import Vaccine

__all__ = ["COVID_19", "VaccineCodes", "codes_of", "maker_of", "names"]

COVID_19 = "840539006"
"""The only disease that these certificates speak of (SNOMED CT)."""


@attrs.frozen
class VaccineCodes:
    """How a certificate names a vaccine: its type, the product, and who answers for it.

    ``series`` is of how many doses the first course is.
    """

    prophylaxis: str
    product: str
    maker: str
    series: int


@cache
def names(table: str) -> Mapping[str, str]:
    """Read a value set: code -> name in English.

    >>> names("vaccine-medicinal-product")["EU/1/20/1528"]
    'Comirnaty'
    """
    return MappingProxyType({code: about["display"] for code, about in _values(table).items()})


@cache
def _makers() -> dict[str, str]:
    found = _values("vaccine-encoding-instructions").values()
    return {about["vaccine-code"].split(" ")[0]: about["vaccine-manufacturer"] for about in found}


def maker_of(product: str) -> str | None:
    """Tell whose a product is by the published instructions; None where they do not name it.

    >>> maker_of("EU/1/20/1528"), maker_of("anything")
    ('ORG-100030215', None)
    """
    return _makers().get(product)


@cache
def _vaccines() -> dict[str, VaccineCodes]:
    rows = csv.DictReader(_file("vaccines.csv").read_text(encoding="utf-8").splitlines())
    return {
        row["approved_name"]: VaccineCodes(
            row["prophylaxis"], row["product"], _makers()[row["product"]], int(row["series"])
        )
        for row in rows
    }


def codes_of(vaccine: Vaccine) -> VaccineCodes | None:
    """Give the codes of an approved vaccine; None of another one."""
    return _vaccines().get(vaccine.name)


def _values(table: str) -> dict[str, Any]:
    text = _file(f"valuesets/{table}.json").read_text(encoding="utf-8")
    values: dict[str, Any] = json.loads(text)["valueSetValues"]
    return values


def _file(name: str) -> Traversable:
    return resources.files("vnvaxmatch.certify.dcc").joinpath("data", *name.split("/"))
