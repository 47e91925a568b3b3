"""Repair digits in a cell: look-alike letters, spreadsheet floats, words for «none».

Shared by the kinds that are made of digits (identity numbers, phones). Only ASCII ``0``-``9`` count
as digits here; ``str.isdigit`` also takes superscripts and other scripts' digits.
"""

from __future__ import annotations

from vnvaxmatch.normalize.folding import lazy

__all__ = [
    "float_digits",
    "is_digits",
    "is_scientific",
    "look_alike_digits",
    "says_nothing",
]

_LOOK_ALIKE = str.maketrans("OoОоΟοlIiІі|", "000000111111")  # Latin, Cyrillic and Greek
_DIGITS_AND_LOOK_ALIKES = lazy("[0-9OoОоΟοlIiІі|]+")

_FLOAT = lazy(
    r"([0-9]{10,}(?=[.,]0{3,6}$)|[0-9]+(?=[.,]00?$)"
    r"|[0-9]{1,3}(?:\.[0-9]{3})+(?=,00?$)|[0-9]{1,3}(?:,[0-9]{3})+(?=\.00?$))[.,]0+"
)
_SCIENTIFIC = lazy(r"([0-9])(?:[.,]([0-9]*))?[eE]\+?([0-9]{1,2})")

_NOTHING = lazy(
    r"""(?x)
    (?:khong|ko|kh|k|chua|chx|hong|0)
        (?:\s+(?:co|duoc|cap|lam|nho|ro|biet|mang|xac|dinh|thong|tin|cung|khai|bao|gi))*
    | (?:mat|that\ lac|quen|trong|bo\ trong|(?:bo\ sung|cap\ nhat)(?:\ sau)?|tre\ em|em\ be)
    | n/?a|\#n/a|\#value!|\#ref!|\#name\?|\#null!|\#num!|none|null|nil|nan|nat|unknown|no|x{1,3}
    | [\s.,:;?!/\\'"`~=()<>|_…–—-]+
    """
)


def is_digits(text: str) -> bool:
    """Say whether there is nothing but ASCII digits, and at least one.

    >>> is_digits("079"), is_digits("²"), is_digits("")
    (True, False, False)
    """
    return text.isascii() and text.isdigit()


def look_alike_digits(compact: str) -> str | None:
    """Read O as 0 and l, I, | as 1 where at least half of the characters are digits, or give None.

    >>> look_alike_digits("OO1O85OOO123"), look_alike_digits("Hello"), look_alike_digits("12x")
    ('001085000123', None, None)
    """
    if not _DIGITS_AND_LOOK_ALIKES(compact):
        return None
    if 2 * sum("0" <= c <= "9" for c in compact) < len(compact):
        return None
    return compact.translate(_LOOK_ALIKE)


def float_digits(text: str) -> str | None:
    """Give the digits of a whole number that a spreadsheet wrote as a float, or None.

    A scientific form counts only where the mantissa spells every digit out.

    >>> float_digits("79185000456.0"), float_digits("7.9185000456E+10"), float_digits("1.085E+09")
    ('79185000456', '79185000456', None)
    """
    if found := _FLOAT(text):
        return found[1].replace(".", "").replace(",", "")
    if found := _SCIENTIFIC(text):
        fraction = found[2] or ""
        if len(fraction) == int(found[3]) >= 6:
            return found[1] + fraction
    return None


def is_scientific(text: str) -> bool:
    """Say whether this is a number in scientific form, whose last digits are lost.

    >>> is_scientific("1.08500E+09"), is_scientific("E1234567")
    (True, False)
    """
    return _SCIENTIFIC(text) is not None


def says_nothing(folded: str) -> bool:
    """Say whether an unmarked text stands for «none»: không có, chưa cấp, N/A, a lone dash.

    >>> says_nothing("khong co"), says_nothing("-"), says_nothing("khong 5")
    (True, True, False)
    """
    return _NOTHING(folded) is not None
