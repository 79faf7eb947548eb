"""Looks with a tool at a file that a run writes to. The tool is `ask(SQL)`, which returns one number.

Prints a count of documents, a later one that differs, and what the tool saw in a transaction and behind it while another program saw more.
"""

import json
import sqlite3
import time

DOCUMENTS = "SELECT count(*) FROM documents"


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "nothing was written for a minute"


def seen_by_another_program():
    with sqlite3.connect("file:export.sqlite?mode=ro", uri=True) as other:
        return other.execute(DOCUMENTS).fetchone()[0]


def look(ask, execute):
    first = ask(DOCUMENTS)
    wait_until(lambda: ask(DOCUMENTS) != first)
    later = ask(DOCUMENTS)
    execute("BEGIN")
    begun = ask(DOCUMENTS)
    wait_until(lambda: seen_by_another_program() != begun)
    within = ask(DOCUMENTS)
    execute("COMMIT")
    print(json.dumps({"first": first, "later": later, "begun": begun, "within": within, "behind": ask(DOCUMENTS)}))
