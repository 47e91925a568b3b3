import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.normalize.keystrokes import replay
from vnvaxmatch.normalize.mojibake import repair_word
from vnvaxmatch.normalize.names import Flag, syllable
from vnvaxmatch.normalize.spelling import spell, unmarked_spelling
from vnvaxmatch.normalize.tables import rows

PARTS = sorted({row["token"] for table in ("middle_names", "given_names") for row in rows(table)})


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_a_name_can_be_spelt(part: str) -> None:
    """The grammar knows each syllable of the tables, and its form without marks."""
    spelling = spell(part)

    assert spelling is not None
    assert spell(spelling.text) == spelling


NO_SYLLABLES = "smith niê krông thõ? hongg ngi cê kà gê yên2 nguyễễn hùng- đđ tat mạcc ă bă"


@pytest.mark.parametrize("word", NO_SYLLABLES.split())
def test_what_cannot_be_a_syllable(word: str) -> None:
    """Wrong onsets, rhymes and stop finals without sắc or nặng are no syllables."""
    assert spell(word) is None


@pytest.mark.parametrize(
    "word",
    [
        *("Ông", "anh", "BS", "Bs.", "H", "K'", "Y", "Ka", "H'Hen", "HHen", "Y-Bhăm", "An2", "2"),
        *("Ng.", "V", "V¨n", "Hïng", "ÐÕt", "PhÕm", "Vò", "Hungf", "Nguyeenx", "Hu2ng", "Smith"),
        *(
            "",
            " ",
            "An\u00a0Lan",
            "An\tLan",
            "An,",
            "(CB)",
            "con",
            "không",
            "Nguy?n",
            "Niê",
            "\x00",
        ),
    ],
)
def test_words_that_need_their_name(word: str) -> None:
    """Titles, markers, abbreviations, digits, signs and suspects are not judged alone."""
    assert syllable(word) is None


@given(st.text(max_size=12))
def test_a_syllable_is_total_and_settled(token: str) -> None:
    """Any text is judged, and the text of a syllable is a syllable without changes."""
    judged = syllable(token)

    if judged is not None:
        again = syllable(judged.text)
        assert again is not None
        assert (again.text, again.key, again.fold) == (judged.text, judged.key, judged.fold)
        assert not again.flags & (Flag.CASE | Flag.UNICODE | Flag.TONE_PLACEMENT)
        assert judged.fold.isascii()
        assert judged.fold.isalpha()


@given(st.sampled_from(PARTS))
def test_repairs_leave_names_alone(part: str) -> None:
    """No syllable, marked or not, is taken for keystrokes or mojibake."""
    for word in (part, part.capitalize(), part.upper()):
        assert replay(word) is None
        assert repair_word(word) is None


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("Trwowng", "trương"),
        ("Truwowng", "trương"),
        ("Truongw", "trương"),
        ("Thuyr", "thủy"),
        ("Nhw", "như"),
        ("Dddafo", None),
        ("Ddaof", "đào"),
        ("Dduwcs", "đức"),
        ("Ducwsd", "đức"),
        ("Quys", "quý"),
        ("Gias", None),
        ("Huongwf", "hường"),
        ("Ho6ng2", "hồng"),
        ("D9u7c1", "đức"),
        ("Duc971", "đức"),
        ("Hu7o7ng", "hương"),
        ("Huo7ng", "hương"),
        ("An7", None),
        ("Wright", None),
        ("Jones", None),
    ],
)
def test_replay(keys: str, text: str | None) -> None:
    """Keys spell a name syllable wherever the marks were typed, or nothing."""
    replayed = replay(keys)

    assert (replayed.text if replayed else None) == text


@pytest.mark.parametrize("word", ["nguyen", "thuong", "quoc", "dao", "le", "ho", "duc"])
def test_unmarked_spellings(word: str) -> None:
    """Syllables typed without any mark are known for what they are."""
    assert unmarked_spelling(word)
