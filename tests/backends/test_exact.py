from vnvaxmatch import Exact
from vnvaxmatch.testing import MatcherLaws


class TestExact(MatcherLaws):
    """The exact matcher, with the registry in memory."""

    def make_matcher(self) -> Exact:
        """Take the exact matcher."""
        return Exact()
