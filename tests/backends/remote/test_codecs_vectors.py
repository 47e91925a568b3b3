import json
from pathlib import Path
from typing import Any

import pytest

from vnvaxmatch import Claim, match
from vnvaxmatch.backends.remote.codecs import codec
from vnvaxmatch.backends.remote.matcher import RemoteMatcher
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import ReplyError

pytestmark = pytest.mark.filterwarnings("ignore:the codec ndxp")
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "remote.json").read_text("utf-8"))
KEYS = {"osia": {}, "fhir": {}, "ndxp": {"key": bytes(16)}}


class Canned:
    """A registry that answers every question alike."""

    def __init__(self, response: Response) -> None:
        self.response = response

    def find(self, _request: Request, /) -> Response:
        """Answer."""
        return self.response


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_reply_comes_to_what_the_vector_says(vector: dict[str, Any]) -> None:
    """Every status and shape of every protocol gives its outcome and codes, or is no answer."""
    by = RemoteMatcher(codec(vector["codec"], **vector["options"], **KEYS[vector["codec"]]))
    reply = Response(vector["status"], vector["body"].encode(), vector["headers"])
    claim = Claim.read(**vector["claim"])

    if "reason" in vector:
        with pytest.raises(ReplyError) as caught:
            match(claim, by=by, against=Canned(reply))
        assert caught.value.kind == vector["reason"]
    else:
        verdict = match(claim, by=by, against=Canned(reply))
        assert (verdict.outcome.value, list(verdict.codes)) == (
            vector["expected"],
            vector["codes"],
        )


def test_each_vector_has_an_id_of_its_own() -> None:
    """Others can refer to them."""
    assert len({vector["id"] for vector in VECTORS}) == len(VECTORS)
