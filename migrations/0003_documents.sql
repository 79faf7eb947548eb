-- What came of it: documents with the facts of their headers, and their bytes.

CREATE TABLE bodies (                  -- the same bytes once, whoever asked for them
    id      INTEGER PRIMARY KEY,
    sha256  BLOB NOT NULL CHECK (length(sha256) = 32), -- SHA-256 of the bytes; who looks for one asks for substr(sha256, 1, 4) too, which has an index
    length  INTEGER NOT NULL,          -- in bytes
    base_id INTEGER REFERENCES bodies (id), -- the newer body from which zstd restores this one, a delta; NULL: it is whole
    links   INTEGER NOT NULL DEFAULT 0, -- at most so many older bodies are restored one from the other in a row that ends with this one; 100 end it
    zstd    BLOB,                      -- the bytes as a zstd frame, with the bytes of base_id as its prefix where there is one
    bytes   BLOB                       -- as sent, after HTTP decoding; NULL where they are in zstd: of an older version of a chart, or compressed
) STRICT;

-- Are these bytes there already? The first 4 of the 32 bytes tell nearly always, and every night adds one for each patient.
CREATE INDEX bodies_by_digest ON bodies (substr(sha256, 1, 4));
-- Which older bodies are made from this one, before it goes?
CREATE INDEX bodies_by_base ON bodies (base_id) WHERE base_id IS NOT NULL;

CREATE TABLE identities (              -- whom the documents of a patient name: a row for each different answer, however many documents give it
    id         INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    standing   TEXT NOT NULL CHECK (standing = 'accepted' OR standing = 'quarantined' OR standing = 'discarded'),
                                       -- accepted: later documents are compared with it; discarded: an operator said that it is not this patient
    decided_at INTEGER,                -- when an operator accepted or discarded it; NULL: nobody had to
    persons    TEXT NOT NULL CHECK (json_valid(persons)), -- a JSON array, an object for each recordTarget: ids ([root, extension]), family, given, birth_date
    digest     INTEGER NOT NULL,       -- the first 8 bytes of the SHA-256 of persons: who else is named so?
    shared     INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)) -- 1: another row has or had the same digest
) STRICT;

-- Whom has this patient token given before?
CREATE INDEX identities_by_patient ON identities (patient_id);
-- Who else is named so? Which of them is not marked as shared yet? A test patient's name may be that of thousands.
CREATE INDEX identities_by_digest ON identities (digest, shared);

CREATE TABLE documents (
    id                  INTEGER PRIMARY KEY,
    patient_id          INTEGER NOT NULL REFERENCES patients (id),
    body_id             INTEGER REFERENCES bodies (id), -- NULL when its bytes were let go
    run_id              INTEGER NOT NULL REFERENCES runs (id), -- the run that brought it
    status              TEXT NOT NULL CHECK (status = 'accepted' OR status = 'unchanged' OR status = 'shrunk' OR status = 'quarantined'
                                                OR status = 'discarded'),
                                       -- shrunk: held until an operator or the next occurrence confirms it; quarantined: kept apart, see reason
    reason              TEXT,          -- why it was quarantined, in the words of attempts.reason; it stays when an operator has decided
    fetched_at          INTEGER NOT NULL,
    window_start        TEXT,          -- the dates that it was asked for; NULL: the whole chart
    window_end          TEXT,
    media_type          TEXT,          -- as the server called it, which proves nothing; NULL also where it called content_document_id the same
    document_root       TEXT,          -- ClinicalDocument/id/@root; new at every generation of a document
    document_extension  TEXT,          -- ClinicalDocument/id/@extension
    code                TEXT,          -- ClinicalDocument/code/@code, LOINC: 34133-9 for a CCD
    title               TEXT,
    effective_time      TEXT,          -- ISO 8601 at the precision that was written; no zone where none was given
    effective_time_raw  TEXT,          -- ClinicalDocument/effectiveTime/@value, as written
    mrn_root            TEXT,          -- first usable recordTarget/patientRole/id: who assigned it
    mrn_extension       TEXT,          -- and the number
    identity_id         INTEGER NOT NULL, -- whom it names: a row of identities, of which it is no child, because that would want one more index
    sections            INTEGER NOT NULL, -- section elements
    entries             INTEGER NOT NULL, -- entry elements
    outline             TEXT CHECK (json_valid(outline)), -- entries by section: a JSON object, the sections' LOINC codes its keys; NULL: it is that of content_document_id
    warnings            TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(warnings)), -- what is odd about it: a JSON array of {code, count, line}
    content_document_id INTEGER NOT NULL REFERENCES documents (id), -- whose clinical rows stand for this one: itself unless unchanged
    rules_version       INTEGER,       -- of the rules that made its rows; NULL: it has none yet
    content_digest      BLOB CHECK (length(content_digest) = 32), -- SHA-256 of what it says, without what is new at every generation; NULL: not made, or
                                       -- unchanged, then it is that of content_document_id
    outside_digest      BLOB CHECK (length(outside_digest) = 32), -- the same of what stands outside of all sections: the header
    digest_rules        INTEGER,       -- the version of the rules that made the digests; those of other rules are not comparable
    CHECK ((window_start IS NULL) = (window_end IS NULL)),
    CHECK (status <> 'quarantined' OR reason IS NOT NULL)
) STRICT;

-- A patient's latest whole document, and those of its windows.
CREATE INDEX documents_whole ON documents (patient_id, fetched_at) WHERE window_start IS NULL AND status IN ('accepted', 'unchanged');
CREATE INDEX documents_windows ON documents (patient_id, window_start, window_end, fetched_at) WHERE window_start IS NOT NULL;
-- What a run brought.
CREATE INDEX documents_by_run ON documents (run_id);
-- What waits for an operator.
CREATE INDEX documents_undecided ON documents (patient_id) WHERE status IN ('quarantined', 'shrunk');
-- Is a body still wanted by anybody? Did the same bytes come for others?
CREATE INDEX documents_by_body ON documents (body_id);

CREATE TABLE refused_bodies (          -- a patient's newest answer that was no document, because someone will have to see it
    patient_id INTEGER PRIMARY KEY REFERENCES patients (id),
    attempt_id INTEGER NOT NULL REFERENCES attempts (id),
    bytes      BLOB NOT NULL CHECK (length(bytes) <= 1048576)
) STRICT;

-- Deleting an attempt looks for the answer that was kept of it.
CREATE INDEX refused_bodies_by_attempt ON refused_bodies (attempt_id);
