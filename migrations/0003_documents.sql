-- What came of it: documents with the facts of their headers, and their bytes.

CREATE TABLE bodies (                  -- the same bytes once, whoever asked for them
    id     INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    length INTEGER NOT NULL,           -- in bytes
    bytes  BLOB                        -- as sent, after HTTP decoding; NULL where they are kept otherwise
) STRICT;

CREATE TABLE documents (
    id                  INTEGER PRIMARY KEY,
    patient_id          INTEGER NOT NULL REFERENCES patients (id),
    body_id             INTEGER REFERENCES bodies (id), -- NULL when its bytes were let go
    status              TEXT NOT NULL CHECK (status IN ('accepted', 'unchanged', 'shrunk', 'quarantined', 'discarded')),
    fetched_at          INTEGER NOT NULL,
    window_start        TEXT,          -- the dates that it was asked for; NULL: the whole chart
    window_end          TEXT,
    media_type          TEXT,          -- as the server called it, which proves nothing
    document_root       TEXT,          -- ClinicalDocument/id/@root; new at every generation of a document
    document_extension  TEXT,          -- ClinicalDocument/id/@extension
    code                TEXT,          -- ClinicalDocument/code/@code, LOINC: 34133-9 for a CCD
    title               TEXT,
    effective_time      TEXT,          -- ISO 8601 at the precision that was written; no zone where none was given
    effective_time_raw  TEXT,          -- ClinicalDocument/effectiveTime/@value, as written
    mrn_root            TEXT,          -- first usable recordTarget/patientRole/id: who assigned it
    mrn_extension       TEXT,          -- and the number
    sections            INTEGER NOT NULL, -- section elements
    entries             INTEGER NOT NULL, -- entry elements
    warnings            TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(warnings)), -- what is odd about it: a JSON array of {code, count, line}
    content_document_id INTEGER NOT NULL REFERENCES documents (id), -- whose clinical rows stand for this one: itself unless unchanged
    CHECK ((window_start IS NULL) = (window_end IS NULL))
) STRICT;

-- A patient's latest whole document, and those of its windows.
CREATE INDEX documents_whole ON documents (patient_id, fetched_at) WHERE window_start IS NULL AND status IN ('accepted', 'unchanged');
CREATE INDEX documents_windows ON documents (patient_id, window_start, window_end, fetched_at) WHERE window_start IS NOT NULL;
-- Is a body still wanted by anybody?
CREATE INDEX documents_by_body ON documents (body_id);

CREATE TABLE refused_bodies (          -- a patient's newest answer that was no document, because someone will have to see it
    patient_id INTEGER PRIMARY KEY REFERENCES patients (id),
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    bytes      BLOB NOT NULL CHECK (length(bytes) <= 1048576)
) STRICT;

-- Deleting an attempt looks for the answer that was kept of it.
CREATE INDEX refused_bodies_by_attempt ON refused_bodies (attempt_id);
