"""Lists as they come: CSV, spreadsheets, Parquet, told apart by content, read row for row."""

from vnvaxmatch.bulk.sources.opening import open_source
from vnvaxmatch.bulk.sources.source import Source

__all__ = ["Source", "open_source"]
