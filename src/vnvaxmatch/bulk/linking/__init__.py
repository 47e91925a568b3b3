"""Link the rows of a list that are one person's, without any registry.

Rows become distinct statements (``statements``); pairs of them that share a key are compared and
weighed (``pairs``) and asked whether anything says that they are two people's (``rules``); groups
are made from the heaviest pairs down, each member compatible with each (``clusters``).
"""

from vnvaxmatch.bulk.linking.running import link
from vnvaxmatch.bulk.linking.writing import LINK_SCHEMA

__all__ = ["LINK_SCHEMA", "link"]
