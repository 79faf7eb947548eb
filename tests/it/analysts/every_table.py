"""Reads every table and view of export.sqlite with DuckDB, as README says, and compares it with what Python's own SQLite reads.

README's block stands before this; `db` is its connection. Prints how many rows each table and view has.
"""

import json
import sqlite3

export = sqlite3.connect("file:export.sqlite?mode=ro", uri=True)
schema = export.execute(
    "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB '_sqlx*' AND name NOT GLOB 'sections_text*'"
).fetchall()


def as_text(value):
    return value if value is None or isinstance(value, str) else str(value)


def in_order(rows):
    return sorted(rows, key=repr)


rows = {}
for kind, name in schema:
    expected = export.execute(f'SELECT * FROM "{name}"').fetchall()
    if kind == "table":
        found = db.execute(f'SELECT * FROM export."{name}"').fetchall()
    else:
        expected = [tuple(map(as_text, row)) for row in expected]
        found = db.execute(f"SELECT * FROM sqlite_query('export', 'SELECT * FROM \"{name}\"')").fetchall()
    assert in_order(found) == in_order(expected), name
    rows[name] = len(found)
print(json.dumps(rows))
