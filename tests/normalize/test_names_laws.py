import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from vnvaxmatch.normalize.cells import read_plain, read_whole
from vnvaxmatch.normalize.damage import may_be_damage
from vnvaxmatch.normalize.encodings import decode_cell, may_be_bytes
from vnvaxmatch.normalize.honorifics import PLACEHOLDERS
from vnvaxmatch.normalize.letters import TONES, VOWEL_OF, WITH_TONE
from vnvaxmatch.normalize.names import Encoding, Flag, combine, name, syllable
from vnvaxmatch.normalize.repairs import Repair, repair
from vnvaxmatch.normalize.spelling import spell
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import Change, Normalized, Reason, Rejected

SURNAMES = [row["surname"] for row in rows("surnames")]
PARTS = sorted({row["token"] for table in ("middle_names", "given_names") for row in rows(table)})
# what cells are damaged with: bytes of lost encodings, marks, signs, keys, other scripts
DEBRIS = (
    "ÔÕÒÃÑÄÅÆÇØÞßáàâãäåæçéèêëíìîïðñóòôõöøùúûüýþÿ¡¢£¤¥¦§¨©ª«¬\xad®¯°±²³´µ¶·¸¹º»¼½¾¿×÷"
    "\x00\x02\x05\x06\x14\x19\x1e\x80\x85\x8d\x90\x9d‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸťŞĂĹ˘√∆≈ª"
    "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323\u200b\u200d\ufeff\xa0 '`.,;:-_~?()[]/\\\"@#*"
    "0123456789ăđơưƣƀĭŭčŏạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ\ud800\ufffdаКΑ王ａ１"
    "HhKkYyMNgthnsfrxjwzdaeiouA"
)

names_of_parts = st.builds(
    lambda surname, rest: " ".join([surname, *(part.capitalize() for part in rest)]),
    st.sampled_from(SURNAMES),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=3),
)
cells = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=DEBRIS, max_size=24),
    st.lists(
        st.one_of(
            st.sampled_from(PARTS),
            st.text(alphabet=DEBRIS, max_size=8),
            st.sampled_from(["Ông", "BS.", "(CB)", "con bà", "H'", "Y", "Ka", "ÐÕt", "1.", "Vò"]),
        ),
        max_size=5,
    ).map(" ".join),
)

ODD_WORDS = (
    "Smith Müller Lee Max O'Neil Jean-Pierre Niê Kpă H'Hen Y-Bhăm HHen Y H K' Ka T. Ng. Hp Ng~ "
    "Lí Tí Kì Mĩ Ðào Ðinh Thí Vò Nê Nguyển Ý Ana Test Báo Rõ Có Đồng Chí Sư Anh BS"
)
# typing errors, foreign names, syllables that no name was seen to have, abbreviations, markers
odd_words = st.one_of(
    st.sampled_from(PARTS).flatmap(
        lambda part: st.builds(
            lambda at, char: part[:at] + char + part[at + 1 :],
            st.integers(0, len(part)),
            st.sampled_from("abdeghiklmnopqrstuvxyăâđêôơưàáảãạéèíìóòúùýỳçñöüï"),
        )
    ),
    st.sampled_from(ODD_WORDS.split()),
)
odd_names = st.lists(
    st.one_of(odd_words, st.sampled_from(PARTS), st.sampled_from(SURNAMES)), min_size=1, max_size=4
).map(lambda words: " ".join(words).title())


def letters_and_tone(word: str) -> tuple[str, list[str]]:
    """Take the tone marks out of a word, so that words differing in tone placement are equal."""
    pairs = [VOWEL_OF.get(char, (char, "")) for char in word.casefold()]
    return "".join(vowel for vowel, _ in pairs), [tone for _, tone in pairs if tone]


@given(cells, st.sampled_from([None, *Encoding]))
@example("ñinh Hoàng Hùng", None)
@example("Ông Bà Cô Nguyễn Văn An", None)
def test_total_and_settled(cell: str, encoding: Encoding | None) -> None:
    """Any cell gives a reading, and reading the text again changes nothing at all."""
    reading = name(cell, encoding=encoding)
    assume(isinstance(reading, Normalized))

    again = name(str(reading.unwrap()), encoding=encoding)

    assert isinstance(again, Normalized)
    assert again.value == reading.unwrap()
    assert again.value.key == reading.unwrap().key
    assert again.changes == ()
    assert again.doubts == reading.doubts  # type: ignore[union-attr]


@given(cells)
def test_shape_of_a_name(cell: str) -> None:
    """A text is NFC with single spaces, a key is lower case, a fold is a-z and single spaces."""
    reading = name(cell)
    assume(isinstance(reading, Normalized))
    person = reading.unwrap()

    assert unicodedata.is_normalized("NFC", person.text)
    assert person.text == " ".join(person.text.split()) != ""
    assert person.text.encode("utf-8")
    assert person.key == " ".join(person.key.split())
    assert re.fullmatch("(?:[a-z]+(?: [a-z]+)*)?", person.fold)
    assert " ".join(person.tokens) == person.text
    words = [*person.surname.split(), *person.middle.split(), *person.given.split()]
    assert sorted(words) == sorted(person.text.removeprefix("(CB) ").split())


@given(names_of_parts, st.sampled_from([str.title, str.upper, str.lower]), st.booleans())
def test_never_harms_a_vietnamese_name(
    text: str, case: Callable[[str], str], decomposed: bool
) -> None:
    """A name in Unicode keeps every letter and tone, in any case and Unicode form."""
    reading = name(unicodedata.normalize("NFD" if decomposed else "NFC", case(text)))
    assume(Change.NAME_HONORIFIC not in getattr(reading, "changes", ()))

    words = reading.unwrap().text.split(" ")

    assert list(map(letters_and_tone, words)) == list(map(letters_and_tone, text.split(" ")))


@given(names_of_parts)
def test_no_title_is_cut_off_names_of_the_tables(text: str) -> None:
    """Only a name that begins with a title before a surname may lose a word: Ông Nguyễn Thị."""
    reading = name(text)

    if isinstance(reading, Normalized) and Change.NAME_HONORIFIC in reading.changes:
        assert text.split(" ")[0] == "Ông"
        assert reading.value.text.split(" ")[0] in SURNAMES


@given(names_of_parts, st.sampled_from(list(Encoding)))
def test_a_vote_never_touches_a_clean_cell(text: str, encoding: Encoding) -> None:
    """A cell whose words are all seen in names reads the same whatever its column is."""
    assert name(text, encoding=encoding) == name(text)


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.sampled_from(SURNAMES)), min_size=1))
def test_a_name_is_the_sum_of_its_syllables(words: list[str]) -> None:
    """Where every word has a syllable, the name is the join of texts and keys, with their flags."""
    text = " ".join(words)
    parts = [syllable(word) for word in text.split(" ")]
    assume(all(parts) and len(text) < 1000)

    reading = name(text)

    known = [part for part in parts if part is not None]
    flags = 0
    for part in known:
        flags |= part.flags
    assert isinstance(reading, Normalized)
    assert reading.value.text == " ".join(part.text for part in known)
    assert reading.value.key == " ".join(part.key for part in known)
    assert reading.value.fold == " ".join(part.fold for part in known)
    assert (reading.changes, reading.doubts) == combine(flags, len(known))


@given(st.lists(st.sampled_from(["", "An", "HOÀ", "nguyễn", "Hùng"]), min_size=2, max_size=4))
def test_empty_words_are_spaces(words: list[str]) -> None:
    """Words between several spaces are left out, and NAME_SPACES says so."""
    text = " ".join(words)
    kept = [word for word in words if word]
    assume(kept)
    flags = Flag.SPACES if " ".join(kept) != text else 0
    for word in kept:
        part = syllable(word)
        assert part is not None
        flags |= part.flags

    reading = name(text)

    assert isinstance(reading, Normalized)
    assert (reading.changes, reading.doubts) == combine(flags, len(kept))


@given(
    st.one_of(
        names_of_parts, odd_names, st.lists(st.sampled_from(PARTS), min_size=1).map(" ".join)
    ),
    st.sampled_from([None, *Encoding]),
)
@example("Lí Smith", Encoding.TCVN3)
@example("T. T. T.", None)
@example("K' Có", None)
@example("Đồng Chí Lan", None)
def test_the_long_way_agrees_with_the_plain_way(cell: str, encoding: Encoding | None) -> None:
    """What can be read word by word reads the same the long way, whatever the column is."""
    plain = read_plain(cell)
    assume(plain is not None and len(cell) < 1000)

    whole = read_whole(cell, hint=encoding)

    assert whole == plain
    assert isinstance(whole, Normalized)
    assert plain is not None
    assert whole.value.key == plain.value.key


@given(odd_names, st.sampled_from([None, *Encoding]))
def test_no_repair_touches_what_may_not_be_damage(cell: str, encoding: Encoding | None) -> None:
    """Where no word by itself may be damage, no repair finds anything in the cell."""
    words = cell.split(" ")
    assume(not any(may_be_damage(w) or may_be_bytes(w, among_bytes=True) for w in words))

    assert not decode_cell(words, hint=encoding)
    assert repair(words, hint=encoding) == Repair(words)


@given(st.sampled_from(PARTS), st.data())
def test_the_place_of_the_tone_does_not_matter(part: str, data: st.DataObject) -> None:
    """A tone typed on any vowel of its syllable gives the one canonical spelling."""
    spelling = spell(part)
    assert spelling is not None
    assume(spelling.tone)
    vowels = [VOWEL_OF.get(char, (char, ""))[0] for char in part]
    at = data.draw(st.sampled_from([i for i, v in enumerate(vowels) if (v, "") in WITH_TONE]))
    moved = "".join(
        WITH_TONE[vowel, spelling.tone] if i == at else vowel for i, vowel in enumerate(vowels)
    )

    assert name(f"Trần {moved}").unwrap() == name(f"Trần {part}").unwrap()


@given(st.sampled_from(["h", "k", "l", "m", "s", "t", "v", "qu"]), st.sampled_from(TONES))
def test_i_and_y_are_one_key_with_a_tone_only(onset: str, tone: str) -> None:
    """Lí is Lý and mĩ is mỹ, but Vi is not Vy."""
    with_i, with_y = (name(f"Trần {onset}{WITH_TONE[vowel, tone]}").unwrap() for vowel in "iy")

    assert (with_i.key == with_y.key) == bool(tone)
    assert with_i.text != with_y.text


@given(names_of_parts, names_of_parts)
def test_other_names_have_other_keys(one: str, other: str) -> None:
    """Two names with one key differ in nothing but toned i and y."""
    a, b = name(one), name(other)
    assume(isinstance(a, Normalized) and isinstance(b, Normalized))
    same_but_y = a.unwrap().text.translate(str.maketrans("íìỉĩị", "ýỳỷỹỵ")).casefold() == (
        b.unwrap().text.translate(str.maketrans("íìỉĩị", "ýỳỷỹỵ")).casefold()
    )

    if a.unwrap().key == b.unwrap().key:
        assert same_but_y


@given(names_of_parts)
def test_a_newborn_is_not_its_mother(mother: str) -> None:
    """The mark of a newborn is part of text and key."""
    assume(isinstance(name(mother), Normalized))

    child = name(f"con bà {mother}").unwrap()

    assert child.newborn
    assert child.text.startswith("(CB) ")
    assert child.key == "(cb) " + name(mother).unwrap().key


@given(names_of_parts)
def test_repr_is_silent(text: str) -> None:
    """Neither the reading nor the value shows a word of the name."""
    reading = name(text)
    assume(isinstance(reading, Normalized))

    # whole words: PersonName holds a Nam that is nobody's
    shown = set(re.findall(r"\w+", repr(reading) + repr(reading.unwrap())))

    assert shown.isdisjoint(text.split(" "))


@pytest.mark.parametrize("text", ["a" * 1001, "Nguyễn " * 2_000, "\x00" * 10_000_000])
def test_long_cells_are_rejected_unread(text: str) -> None:
    """Over 1,000 characters no cell is a name."""
    assert name(text) == Rejected(Reason.TOO_LONG)


@pytest.mark.parametrize("text", sorted(PLACEHOLDERS))
def test_placeholders_never_read_as_names(text: str) -> None:
    """Each placeholder is rejected in lower case and with a capital, unless it may be a name."""
    assert name(text) == Rejected(Reason.NAME_PLACEHOLDER)
    if text != "nan":
        assert name(text.capitalize()) == Rejected(Reason.NAME_PLACEHOLDER)
