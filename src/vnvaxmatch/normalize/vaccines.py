"""The Covid-19 vaccines that Vietnam approved (``data/vaccines.csv``), in whatever spelling."""

from __future__ import annotations

from functools import cache

import attrs
from jellyfish import damerau_levenshtein_distance

from vnvaxmatch.normalize.folding import MAX_LENGTH, fold, lazy_pattern, narrow, tidy
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected

__all__ = ["Vaccine", "vaccine"]


@attrs.frozen
class Vaccine:
    """An approved vaccine; ``str()`` is its approved name."""

    name: str
    maker: str

    def __str__(self) -> str:
        return self.name


_SPELLINGS = {
    "AstraZeneca": (
        "astra zeneca", "astra", "zeneca", "az", "azd1222", "chadox1", "vaxzevria", "astrazenica",
        "astrazeneka", "astrazenca", "astrazenaca", "astazeneca", "astrazenneca", "astraseneca",
    ),
    "Gamaleya": (
        "sputnik", "sputnik v", "gam covid vac", "gamcovidvac", "gamaleya", "sputnick", "spunik",
        "putnik v",
    ),
    "Janssen": (
        "janssen", "jansen", "jannsen", "johnson", "jonhson", "jonson", "j&j", "jnj",
        "ad26 cov2 s",
    ),
    "Moderna": (
        "moderna", "spikevax", "modena", "mordena", "moderma", "mrna 1273", "spike vax",
    ),
    "Pfizer-BioNTech": (
        "pfizer", "comirnaty", "biontech", "bnt162b2", "phizer", "fizer", "pfize", "pfzer",
        "pifzer", "prizer", "pfizer biontech", "cominarty", "comirnarty",
    ),
    "CNBG/Sinopharm": (
        "vero cell", "verocell", "vero", "verocel", "sinopharm", "sinopham", "bbibp corv",
        "bbibp", "veroxell",
    ),
    "Julphar/Sinopharm (maker not seen)": ("hayat vax", "hayatvax", "hayat"),
    "CIGB (maker not seen)": ("abdala", "abdalla"),
}  # fmt: skip
"""Words that name one approved vaccine, folded, by its maker in the table."""

_OTHERS = (
    "sinovac", "coronavac", "covaxin", "nanocovax", "nano covax", "covivac", "arct", "novavax",
    "nuvaxovid", "covovax", "covishield", "sputnik light", "soberana", "convidecia", "cansino",
    "medigen", "zifivax", "valneva", "verorab", "vero rab",
)  # fmt: skip
"""Vaccines not approved there against Covid-19: no likeness may turn one of them into another."""

_WORD = lazy_pattern(r"[a-z0-9&]+")
_LIKE = 6
"""Letters from which one slip (two from ten letters) still leaves a word recognisable."""


def vaccine(text: str) -> Reading[Vaccine]:
    """Read a vaccine.

    The approved and the short names of the table are no change. A word one slip away from a name
    of six letters (two slips, of ten) is read with a doubt. Text that names no approved vaccine,
    another one, or two, is rejected.

    >>> str(vaccine("astra zeneca").unwrap())
    'AstraZeneca (COVID-19 Vaccine AstraZeneca)'
    >>> vaccine("Sinovac")
    Rejected(reason=<Reason.VACCINE_UNREADABLE: 'vaccine_unreadable'>)
    """
    if known := _canonical().get(text):
        return known
    if len(text) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    said = tidy(text)
    if not said:
        return BLANK
    words = tuple(_WORD().findall(fold(narrow(said))))
    if _named(words, _others()):
        return Rejected(Reason.VACCINE_UNREADABLE)
    if "hayat" in words:  # made by Sinopharm, which then names no second vaccine
        words = tuple(word for word in words if word != "sinopharm")
    found = _named(words, _by_words())
    doubts: tuple[Doubt, ...] = ()
    if not found:
        found, doubts = _alike(words), (Doubt.VACCINE_GUESSED,)
    if len(found) != 1:
        return Rejected(Reason.VACCINE_UNREADABLE)
    return Normalized(found.pop(), (Change.VACCINE_SPELLING,), doubts)


def _named(words: tuple[str, ...], names: dict[tuple[str, ...], Vaccine]) -> set[Vaccine]:
    """Collect the vaccines whose name stands in the text as whole words."""
    runs = ((words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1))
    return {names[run] for run in runs if run in names}


def _alike(words: tuple[str, ...]) -> set[Vaccine]:
    """Collect the vaccines whose name one word, or two written together, almost spells."""
    runs = [*words, *("".join(words[i : i + 2]) for i in range(len(words) - 1))]
    found: set[Vaccine] = set()
    for run in runs[:20]:
        if not _LIKE <= len(run) <= 20 or any(_slips(run, "".join(o)) for o in _others()):
            continue
        found |= {value for key, value in _by_words().items() if _slips(run, "".join(key))}
    return found


def _slips(said: str, name: str) -> bool:
    if len(name) < _LIKE or abs(len(said) - len(name)) > 2:
        return False
    return damerau_levenshtein_distance(said, name) <= (2 if len(name) >= 10 else 1)


@cache
def _canonical() -> dict[str, Normalized[Vaccine]]:
    names: dict[str, Normalized[Vaccine]] = {}
    for row in rows("vaccines"):
        known = Normalized(Vaccine(row["approved_name"], row["maker"]))
        for name in (row["approved_name"], *row["short_names"].split("; ")):
            names[name] = known
    return names


@cache
def _by_words() -> dict[tuple[str, ...], Vaccine]:
    names: dict[tuple[str, ...], Vaccine] = {}
    for name, known in _canonical().items():
        for spelling in (fold(name), *_SPELLINGS[known.value.maker]):
            names[tuple(_WORD().findall(spelling))] = known.value
    return names


@cache
def _others() -> dict[tuple[str, ...], Vaccine]:
    return {tuple(_WORD().findall(name)): Vaccine(name, "") for name in _OTHERS}
