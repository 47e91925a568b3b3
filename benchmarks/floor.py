"""The raw floor: DuckDB alone reads the list, joins on the number, and writes the same columns.

It repairs nothing and reads nothing: text against text. No verification can be faster with the
same store. Usage: ``python floor.py DOSES.csv REGISTRY.duckdb OUT_FOLDER``.
"""

import sys
from pathlib import Path

import duckdb

QUERY = """
CREATE TABLE results AS
WITH doses AS (
    SELECT row_number() OVER () AS row, *
    FROM read_csv($doses, all_varchar = true, header = true, delim = ',')
), joined AS (
    SELECT d.row, d."Mã hồ sơ" AS record_id, e.entry_key,
        lower(d."Họ và tên") = e.name_key AS name, d."Ngày sinh" =
            strftime(try_strptime(e.birth::VARCHAR, '%Y%m%d'), '%d/%m/%Y') AS birth,
        d."Giới tính" = CASE e.sex WHEN 1 THEN 'Nam' WHEN 2 THEN 'Nữ' END AS sex,
        e.commune
    FROM doses d LEFT JOIN registry.entries e ON e.number = TRY_CAST(d."Số CMND/CCCD" AS BIGINT)
)
SELECT row, record_id,
    CASE WHEN entry_key IS NULL THEN 'not_found' WHEN name AND birth AND sex THEN 'matched'
         ELSE 'mismatched' END AS outcome,
    coalesce(name AND birth AND sex, false) AS official,
    NULL::VARCHAR AS entry_key,
    CASE WHEN name THEN 'same' WHEN entry_key IS NOT NULL THEN 'different' END AS name_level,
    CASE WHEN birth THEN 'same' WHEN entry_key IS NOT NULL THEN 'different' END AS birth_level,
    CASE WHEN sex THEN 'same' WHEN entry_key IS NOT NULL THEN 'different' END AS sex_level,
    CASE WHEN entry_key IS NOT NULL THEN 'same' END AS id_number_level,
    CASE WHEN NOT name THEN 'name_differs' ELSE '' END AS reasons, '' AS repairs, commune
FROM joined ORDER BY row
"""


def main(doses: Path, registry: Path, out: Path) -> None:
    """Read, join, write."""
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as db:
        db.execute(f"ATTACH '{registry}' AS registry (READ_ONLY)")
        db.execute(QUERY, {"doses": str(doses)})
        db.execute(
            f"COPY results TO '{out / 'results.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
        )
        db.execute(f"COPY results TO '{out / 'results.csv'}' (HEADER)")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
