from vnvaxmatch.backends import Fuzzy
from vnvaxmatch.testing import WeighingLaws


class TestFuzzy(WeighingLaws):
    """The fuzzy matcher, with the frequencies of the nation."""

    def make_matcher(self) -> Fuzzy:
        """Take the default model."""
        return Fuzzy()
