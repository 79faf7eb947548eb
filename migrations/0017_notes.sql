-- Clinical notes.

CREATE TABLE notes (                   -- a row for each note activity (2.16.840.1.113883.10.20.22.4.202), wherever it stands, and for each other act with a text that is an entry of the section
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it is a part of, such as an encounter or a procedure
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- the section's name: notes, hospital_course, procedures …; within a health concern: health_concern
    assertion        TEXT NOT NULL,     -- present, absent (it is said not to have been written), no_information (nothing is written)
    element          TEXT NOT NULL,     -- local name of its element
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
    time             TEXT,              -- effectiveTime/@value, else its center: what time it is about; author_time says when it was written
    time_raw         TEXT,              -- effectiveTime/@value as written
    time_precision   TEXT,              -- year, month, day, hour, minute, second, fraction
    date_conflict    INTEGER NOT NULL CHECK (date_conflict IN (0, 1)), -- it ends before it starts
    code             TEXT,              -- the type of note: LOINC, else whatever is there; 34109-9 (note) where no type is told; all of them are in codes
    code_system      TEXT,              -- OID of its system: @codeSystem
    display          TEXT,              -- name of the code: @displayName, else as the clinician saw it
    original_text    TEXT,              -- originalText of the code: as the clinician saw it, resolved into the narrative
    code_null_flavor TEXT,              -- @nullFlavor of the code
    text             TEXT,              -- what was written, line by line: as plain text in the note itself, else what it points to in the narrative. sections_text finds words of the narrative alone
    narrative_id     TEXT,              -- text/reference/@value: what that points to
    author_time      TEXT,              -- author/time of the nearest author: the entry's, else its section's, else the document's
    author_name      TEXT,              -- author/assignedAuthor/assignedPerson/name, else author/assignedAuthor/assignedAuthoringDevice/softwareName
    author_npi       TEXT,              -- author/assignedAuthor/id/@extension, the National Provider Identifier
    author_org       TEXT,              -- author/assignedAuthor/representedOrganization/name
    comment          TEXT,              -- entryRelationship/act/text of the comment activity within it
    media_type       TEXT,              -- text/@mediaType, of what stands in the note itself
    representation   TEXT,              -- text/@representation: B64 where that is bytes
    body_bytes       INTEGER,           -- how many bytes those are; a picture, a PDF or RTF stays in the document, where cat --at notes:ID shows it
    encounter_id_root TEXT,             -- of the encounter that it is about
    encounter_id_ext TEXT,
    UNIQUE (document_id, seq)
) STRICT;

-- Which documents have notes of this type?
CREATE INDEX notes_by_code ON notes (code, code_system);
CREATE INDEX notes_by_section ON notes (section_id);

CREATE TRIGGER notes_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM notes WHERE document_id = old.id;
END;
CREATE TRIGGER notes_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM notes WHERE document_id = new.id;
END;

CREATE VIEW clinical_notes_all AS      -- the notes of each filed whole chart, older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, o.seq, o.id AS row_id, o.code, o.code_system, o.display, coalesce(o.time, o.start) AS time, -- when it was written, or what it tells of began
       o.author_time,
       o.author_name, o.author_org, o.text, o.media_type, o.body_bytes, o.encounter_id_root, o.encounter_id_ext, s.title AS section, o.status, o.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM notes o
JOIN sections s ON s.id = o.section_id
JOIN documents d ON d.content_document_id = o.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND o.assertion = 'present' AND coalesce(o.mood, 'EVN') = 'EVN';

CREATE VIEW clinical_notes AS          -- the same of each patient's latest whole chart
SELECT o.* FROM clinical_notes_all o
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = o.patient_id AND l.document_id = o.document_id);
