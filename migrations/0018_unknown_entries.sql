-- What no rule takes is kept as it stands.

CREATE TABLE unknown_entries (         -- a row for each entry of a section that no rule takes
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- the entry's element, from the section's
    context          TEXT NOT NULL,     -- where it was found: the section's name, else unknown_section
    assertion        TEXT NOT NULL,     -- absent where the statement is negated, else present; nobody has read what it says beyond that
    element          TEXT NOT NULL,     -- local name of the statement in it, to which all that follows belongs
    template_root    TEXT,              -- templateId/@root: the template by which it was taken, else its first
    template_ext     TEXT,              -- templateId/@extension of that
    class            TEXT,              -- @classCode
    mood             TEXT,              -- @moodCode: EVN happened; INT, RQO, PRMS … are planned
    entry_id_root    TEXT,              -- id/@root, its first id; all of them are in entry_ids, and none is unique
    entry_id_ext     TEXT,              -- id/@extension of that
    negated          INTEGER NOT NULL CHECK (negated IN (0, 1)), -- @negationInd
    null_flavor      TEXT,              -- @nullFlavor of the entry, else of its code
    status           TEXT,              -- statusCode/@code, lower case
    start            TEXT,              -- effectiveTime/low, ISO 8601 at its own precision: 2017, 2017-03-01, 2017-03-01T12:05-05:00
    start_raw        TEXT,              -- effectiveTime/low/@value as written
    start_precision  TEXT,              -- year, month, day, hour, minute, second, fraction
    "end"            TEXT,              -- effectiveTime/high
    end_raw          TEXT,              -- effectiveTime/high/@value as written
    end_precision    TEXT,              -- year, month, day, hour, minute, second, fraction
    end_null_flavor  TEXT,              -- effectiveTime/high/@nullFlavor; UNK: it is over, and nobody knows since when
    time             TEXT,              -- effectiveTime/@value, else its center
    time_raw         TEXT,              -- effectiveTime/@value as written
    time_precision   TEXT,              -- year, month, day, hour, minute, second, fraction
    date_conflict    INTEGER NOT NULL CHECK (date_conflict IN (0, 1)), -- it ends before it starts
    code             TEXT,              -- the statement's code
    code_system      TEXT,              -- OID of its system: @codeSystem
    display          TEXT,              -- name of the code: @displayName, else as the clinician saw it
    original_text    TEXT,              -- originalText of the code: as the clinician saw it, resolved into the narrative
    code_null_flavor TEXT,              -- @nullFlavor of the code
    text             TEXT,              -- the entry's own text/reference, resolved into the narrative, else its text
    narrative_id     TEXT,              -- text/reference/@value: what that points to
    author_time      TEXT,              -- author/time of the nearest author: the entry's, else its section's, else the document's
    author_name      TEXT,              -- author/assignedAuthor/assignedPerson/name, else author/assignedAuthor/assignedAuthoringDevice/softwareName
    author_npi       TEXT,              -- author/assignedAuthor/id/@extension, the National Provider Identifier
    author_org       TEXT,              -- author/assignedAuthor/representedOrganization/name
    comment          TEXT,              -- entryRelationship/act/text of the comment activity within it
    templates        TEXT NOT NULL CHECK (json_valid(templates)), -- all of them: a JSON array of [root, extension]
    raw              TEXT,              -- the entry element as it stands in the document; NULL where it is larger than 1 MiB: `cat --at` shows it
    raw_bytes        INTEGER NOT NULL,  -- its size
    UNIQUE (document_id, seq)
) STRICT;

-- Which templates are left to be read?
CREATE INDEX unknown_entries_by_template ON unknown_entries (template_root);
CREATE INDEX unknown_entries_by_section ON unknown_entries (section_id);

CREATE TRIGGER unknown_entries_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM unknown_entries WHERE document_id = old.id;
END;
CREATE TRIGGER unknown_entries_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM unknown_entries WHERE document_id = new.id;
END;

CREATE VIEW entry_coverage AS          -- for each section of each document that has rows of its own: what became of its entries. Each is known (rows tell it) or in unknown_entries
WITH filed AS NOT MATERIALIZED (       -- all that have rows, apart, because each of them has its index by patient
    SELECT id, patient_id FROM documents WHERE window_start IS NULL AND status IN ('accepted', 'unchanged')
    UNION ALL
    SELECT id, patient_id FROM documents WHERE window_start IS NOT NULL
    UNION ALL
    SELECT id, patient_id FROM documents WHERE window_start IS NULL AND status IN ('quarantined', 'shrunk'))
SELECT t.tenant, a.account, d.patient_id, s.document_id, s.id AS section_id, s.seq AS section_seq, s.name, s.domain, s.code, s.title, s.entries,
       s.entries - s.unknown_entries AS known_entries, -- entries of which rows tell
       s.unknown_entries, s.rows
FROM sections s
JOIN filed d ON d.id = s.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id;
