"""Communes and provinces of 2025, and where their cases stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from vnvaxmatch.casework.report.campaigns import TO_DO, Campaign, Stage
from vnvaxmatch.casework.states import State
from vnvaxmatch.casework.status import Count
from vnvaxmatch.normalize import commune_name
from vnvaxmatch.normalize.communes import province_of

__all__ = ["Area", "communes", "provinces"]


@attrs.frozen
class Area:
    """A commune or a province: its code and name, both empty where it is not known.

    ``stages`` count the cases that are to be verified, ``open`` those with something to do.
    """

    code: str
    name: str
    province: str
    stages: Mapping[Stage, int]
    open: Count

    @property
    def scope(self) -> int:
        """How many cases are to be certified."""
        return sum(self.stages.values())

    @property
    def certified(self) -> int:
        """How many are."""
        return self.stages[Stage.CERTIFIED]

    @property
    def oldest(self) -> datetime | None:
        """When the open case that is longest untouched was touched."""
        return self.open.oldest


def communes(campaign: Campaign) -> list[Area]:
    """Give the communes that have cases to be verified, those with most of them first."""
    found = []
    for code, states in campaign.status.communes.items():
        name, _, province = _named(code)
        found.append(_area(campaign, code, name, province=province, states=states))
    return _ordered(found)


def provinces(campaign: Campaign) -> list[Area]:
    """Give the provinces that have cases to be verified, those with most of them first."""
    states: dict[tuple[str, str], dict[State, Count]] = {}
    for commune, of_commune in campaign.status.communes.items():
        _, code, province = _named(commune)
        of_province = states.setdefault((code, province), {})
        for state, count in of_commune.items():
            of_province[state] = of_province.get(state, Count()) + count
    return _ordered(
        [
            _area(campaign, code, name, province=name, states=of)
            for (code, name), of in states.items()
        ]
    )


def _area(
    campaign: Campaign, code: str, name: str, *, province: str, states: Mapping[State, Count]
) -> Area:
    to_do = sum((states[state] for state in TO_DO if state in states), Count())
    return Area(code, name, province, campaign.stages(states), to_do)


def _ordered(areas: list[Area]) -> list[Area]:
    return sorted(
        (area for area in areas if area.scope),
        key=lambda area: (-area.scope, not area.code, area.code, area.name),
    )


def _named(code: str) -> tuple[str, str, str]:
    """Give the name of a commune, and the code and name of its province.

    A code that is none of 2025 stands for itself: an earlier list may have had it.
    """
    try:
        name, _, province = commune_name(code).rpartition(", ")
        return name, province_of(code), province
    except KeyError:
        return code, "", ""
