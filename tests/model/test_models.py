import copy
import json
import pickle
from math import inf, nan
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Field, Level
from vnvaxmatch.compare import Likeness
from vnvaxmatch.errors import ModelError
from vnvaxmatch.model import CODES, Chance, Model, Scale, code_of, default_model
from vnvaxmatch.outcome import Reason

TERMS = {Field.NAME: set(CODES[Field.NAME]),
         Field.BIRTH: {"same", "birth_first_of_january", "birth_year_only", "birth_month_only"},
         Field.SEX: set(), Field.ID_NUMBER: set()}  # fmt: skip


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Models of any chances that may be."""

    def chance(field: Field, code: str) -> Chance:
        m = draw(st.floats(1e-9, 1))
        u = draw(st.floats(1e-12, 8))
        scales = [Scale.FIXED, Scale.PERSON, *([Scale.TERM] if code in TERMS[field] else [])]
        return Chance(m, u, draw(st.sampled_from(scales)))

    threshold = draw(st.floats(-10, 40))
    return Model(
        name=draw(st.text(min_size=1, max_size=8)),
        version=draw(st.integers(1, 99)),
        coverage=draw(st.floats(0.01, 0.99)),
        threshold=threshold,
        margin=draw(st.floats(0.1, 20)),
        possible=threshold - draw(st.floats(0, 20)),
        chances={f: {c: chance(f, c) for c in codes} for f, codes in CODES.items()},
    )


@given(models())
def test_a_model_comes_back_from_its_json(model: Model) -> None:
    """What is written is read again, and written as the same text."""
    text = model.to_json()

    assert Model.from_json(text) == model
    assert Model.from_json(text).to_json() == text


@given(models())
def test_a_model_can_be_pickled_and_copied(model: Model) -> None:
    """A model goes to other processes whole."""
    assert pickle.loads(pickle.dumps(model)) == model
    assert copy.deepcopy(model) == model


def test_the_default_model_is_whole() -> None:
    """It names itself, and knows of each likeness what m and u it has."""
    model = default_model()

    assert str(model) == f"default/{model.version}"
    assert {f: set(table) for f, table in model.chances.items()} == {
        f: set(codes) for f, codes in CODES.items()
    }
    assert default_model() is model


@pytest.mark.parametrize("field", list(Field))
def test_m_adds_up(field: Field) -> None:
    """One person's records are alike in one of the ways, nearly: the shares are rounded."""
    assert sum(c.m for c in default_model().chances[field].values()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("field", list(Field))
def test_agreeing_speaks_for_and_differing_against(field: Field) -> None:
    """In the default model the same weighs most, and a plain difference less than nothing."""
    table = default_model().chances[field]
    differs = table[CODES[field][-1]]

    assert differs.bits < 0
    # a year or a month has another frequency than the day
    alike = [c for code, c in table.items() if code == "same" or code not in TERMS[Field.BIRTH]]
    of_scale = [c for c in alike if c.scale is table["same"].scale]
    assert max(c.bits for c in of_scale) == table["same"].bits
    assert max(c.m for c in table.values()) == table["same"].m


@pytest.mark.parametrize(
    ("likeness", "code"),
    [
        ((Level.SAME, None), "same"),
        ((Level.LINKED, Reason.ID_NUMBER_FORMER), "id_number_former"),
        ((Level.CLOSE, Reason.NAME_TYPO), "name_typo"),
    ],
)
def test_a_code_is_the_reason(likeness: Likeness, code: str) -> None:
    """A likeness is known by its reason, and the same by its own word."""
    assert code_of(likeness) == code


def changed(**parts: Any) -> dict[str, Any]:
    return {**json.loads(default_model().to_json()), **parts}


def with_chance(field: str, code: str, chance: Any) -> str:
    content = changed()
    content["chances"][field][code] = chance
    return json.dumps(content)


GOOD = {"m": 0.5, "u": 0.5, "scale": "fixed"}
HOSTILE = {
    "cut": default_model().to_json()[:-3],
    "empty": "",
    "not-json": "model",
    "null": "null",
    "list": "[]",
    "number": "7",
    "no-parts": "{}",
    "deep": "[" * 100_000,
    "deep-object": '{"a":' * 100_000,
    "huge-number": json.dumps(changed(version=1)).replace('sion": 1', 'sion": ' + "9" * 5000),
    "huge-float": json.dumps(changed(version=1)).replace('"version": 1', '"version": 1e999'),
    "other-format": json.dumps(changed(format=2)),
    "format-text": json.dumps(changed(format="1")),
    "name-number": json.dumps(changed(name=7)),
    "name-null": json.dumps(changed(name=None)),
    "version-text": json.dumps(changed(version="1")),
    "version-part": json.dumps(changed(version=1.5)),
    "version-true": json.dumps(changed(version=True)),
    "coverage-0": json.dumps(changed(coverage=0)),
    "coverage-1": json.dumps(changed(coverage=1)),
    "coverage-nan": json.dumps(changed(coverage=nan)),
    "coverage-text": json.dumps(changed(coverage="0.9")),
    "threshold-nan": json.dumps(changed(threshold=nan)),
    "threshold-inf": json.dumps(changed(threshold=inf)),
    "threshold-big": json.dumps(changed(threshold=0)).replace(
        '"threshold": 0', '"threshold": ' + "9" * 400
    ),
    "threshold-list": json.dumps(changed(threshold=[6])),
    "margin-nan": json.dumps(changed(margin=nan)),
    "margin-0": json.dumps(changed(margin=0)),
    "margin-below-0": json.dumps(changed(margin=-1)),
    "possible-inf": json.dumps(changed(possible=-inf)),
    "possible-above-threshold": json.dumps(changed(possible=1000)),
    "chances-list": json.dumps(changed(chances=[])),
    "chances-none": json.dumps(changed(chances={})),
    "chances-text": json.dumps(changed(chances={"name": "same"})),
    "unknown-field": json.dumps(changed(chances={**changed()["chances"], "height": {}})),
    "unknown-code": with_chance("name", "name_like", GOOD),
    "m-0": with_chance("name", "same", {**GOOD, "m": 0}),
    "m-above-1": with_chance("name", "same", {**GOOD, "m": 1.5}),
    "m-below-0": with_chance("name", "same", {**GOOD, "m": -0.5}),
    "m-nan": with_chance("name", "same", {**GOOD, "m": nan}),
    "m-text": with_chance("name", "same", {**GOOD, "m": "0.5"}),
    "m-true": with_chance("name", "same", {**GOOD, "m": True}),
    "m-missing": with_chance("name", "same", {"u": 0.5, "scale": "fixed"}),
    "u-0": with_chance("name", "same", {**GOOD, "u": 0}),
    "u-nan": with_chance("name", "same", {**GOOD, "u": nan}),
    "u-inf": with_chance("name", "same", {**GOOD, "u": inf}),
    "u-so-small-that-it-weighs-all": with_chance("name", "same", {**GOOD, "u": 5e-324}),
    "m-so-small-that-it-weighs-nothing": with_chance("name", "same", {**GOOD, "m": 5e-324, "u": 4}),
    "scale-unknown": with_chance("name", "same", {**GOOD, "scale": "none"}),
    "scale-list": with_chance("name", "same", {**GOOD, "scale": []}),
    "scale-missing": with_chance("name", "same", {"m": 0.5, "u": 0.5}),
    "term-of-a-sex": with_chance("sex", "same", {**GOOD, "scale": "term"}),
    "term-of-a-difference": with_chance("birth", "birth_differs", {**GOOD, "scale": "term"}),
    "chance-null": with_chance("name", "same", None),
    "chance-number": with_chance("name", "same", 0.5),
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_model_is_said_to_be_none(text: str) -> None:
    """No JSON makes reading raise anything but a ModelError."""
    with pytest.raises(ModelError):
        Model.from_json(text)


@given(st.data())
def test_a_cut_or_altered_file_is_a_model_or_an_error(data: st.DataObject) -> None:
    """A file that broke off, or of which a piece was overwritten, never raises another error."""
    text = default_model().to_json()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    altered = text[:start] + data.draw(st.text('{}[]":,0159e-NIa ', max_size=6)) + text[end:]

    try:
        model = Model.from_json(altered)
    except ModelError:
        return
    assert Model.from_json(model.to_json()) == model


@pytest.mark.parametrize(
    ("field", "code"), [(field, code) for field, codes in CODES.items() for code in codes]
)
def test_a_model_that_lacks_a_likeness_is_refused(field: Field, code: str) -> None:
    """The error names the likeness that the model says nothing of."""
    chances = {f: dict(table) for f, table in default_model().chances.items()}
    del chances[field][code]

    with pytest.raises(ModelError, match=code):
        attrs.evolve(default_model(), chances=chances)


def test_a_model_cannot_be_changed() -> None:
    """Neither its fields nor its chances; and the mapping it was made of is its own no more."""
    chances = {f: dict(table) for f, table in default_model().chances.items()}
    model = attrs.evolve(default_model(), chances=chances)
    chances[Field.SEX]["same"] = Chance(0.1, 0.5)

    assert model == default_model()
    with pytest.raises(TypeError):
        model.chances[Field.SEX]["same"] = Chance(0.1, 0.5)  # type: ignore[index]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        model.threshold = 0.0  # type: ignore[misc]
