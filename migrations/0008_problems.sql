-- What entries say: their codes and ids whatever their domain, and problems.

CREATE TABLE codes (                   -- every code of every coded element of a row, translations too
    document_id INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    seq         INTEGER NOT NULL,      -- of the row
    role        TEXT NOT NULL,         -- which of its elements: code, category, status, severity, body_site
    rank        INTEGER NOT NULL,      -- 0 the element itself, then its translations in order
    code        TEXT,                  -- element/@code
    system      TEXT,                  -- the system's usual name: SNOMED CT, LOINC, RxNorm, CVX, ICD-10-CM, CPT, HCPCS, NDC, UCUM …; NULL: of one that has none here
    system_oid  TEXT,                  -- element/@codeSystem, or whatever stands in its place
    display     TEXT,                  -- element/@displayName
    null_flavor TEXT,                  -- element/@nullFlavor
    shape_conflict INTEGER NOT NULL CHECK (shape_conflict IN (0, 1)), -- 1: it is not of the shape that its system's codes have, such as a SNOMED CT number under the OID of ICD-10
    chosen      INTEGER NOT NULL CHECK (chosen IN (0, 1)), -- 1: the one that the row carries
    PRIMARY KEY (document_id, seq, role, rank)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry_ids (               -- every id of every row's entry; the same id may stand on several of them
    document_id INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    seq         INTEGER NOT NULL,      -- of the row
    rank        INTEGER NOT NULL,      -- 0 the first
    root        TEXT,                  -- id/@root
    extension   TEXT,                  -- id/@extension
    null_flavor TEXT,                  -- id/@nullFlavor; an id may have one and an extension: then it identifies nothing
    PRIMARY KEY (document_id, seq, rank)
) STRICT, WITHOUT ROWID;

CREATE TABLE problems (                -- a row for each problem observation (2.16.840.1.113883.10.20.22.4.4), wherever it stands
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, absent (it is said not to be so), no_known (no problems are known), no_information (a placeholder)
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
    time             TEXT,              -- effectiveTime/@value, else its center
    time_raw         TEXT,              -- effectiveTime/@value as written
    time_precision   TEXT,              -- year, month, day, hour, minute, second, fraction
    date_conflict    INTEGER NOT NULL CHECK (date_conflict IN (0, 1)), -- it ends before it starts
    code             TEXT,              -- value/@code, what the problem is: SNOMED CT, else ICD-10-CM, else ICD-9-CM; the preferred of its codes, all of which are in codes
    code_system      TEXT,              -- OID of its system: @codeSystem
    display          TEXT,              -- name of the code: @displayName, else as the clinician saw it
    original_text    TEXT,              -- originalText of the code, or where no code names the problem the text of its observation: as the clinician saw it, resolved into the narrative
    code_null_flavor TEXT,              -- @nullFlavor of the code
    text             TEXT,              -- the entry's own text/reference, resolved into the narrative, else its text
    narrative_id     TEXT,              -- text/reference/@value: what that points to
    author_time      TEXT,              -- author/time of the nearest author: the entry's, else its section's, else the document's
    author_name      TEXT,              -- author/assignedAuthor/assignedPerson/name, else author/assignedAuthor/assignedAuthoringDevice/softwareName
    author_npi       TEXT,              -- author/assignedAuthor/id/@extension, the National Provider Identifier
    author_org       TEXT,              -- author/assignedAuthor/representedOrganization/name
    comment          TEXT,              -- entryRelationship/act/text of the comment activity within it
    snomed           TEXT,              -- its SNOMED CT code: value/@code or value/translation/@code
    icd10            TEXT,              -- its ICD-10-CM code: value/@code or value/translation/@code
    category         TEXT,              -- code/@code: diagnosis, symptom, finding …
    category_display TEXT,              -- name of that code
    concern_status   TEXT,              -- statusCode/@code of the act around it: whether somebody is still concerned, and nothing about the disease
    concern_start    TEXT,              -- effectiveTime/low of the act around it
    concern_end      TEXT,              -- effectiveTime/high of the act around it
    problem_status   TEXT,              -- entryRelationship/observation/value/@code of the status observation (2.16.840.1.113883.10.20.22.4.6): 55561003 active, 73425007 inactive, 413322009 resolved …
    problem_status_display TEXT,        -- name of that code
    status_conflict  INTEGER NOT NULL CHECK (status_conflict IN (0, 1)), -- that says active, and there is an end
    severity         TEXT,              -- entryRelationship/observation/value/@code of the severity observation (2.16.840.1.113883.10.20.22.4.8)
    severity_display TEXT,              -- name of that code
    body_site        TEXT,              -- targetSiteCode/@code
    body_site_display TEXT,             -- name of that code
    onset_age        TEXT,              -- entryRelationship/observation/value/@value of the age observation (2.16.840.1.113883.10.20.22.4.31)
    onset_age_unit   TEXT,              -- its value/@unit, UCUM: a for years
    diagnosis_date   TEXT,              -- entryRelationship/act/effectiveTime of the date of diagnosis (2.16.840.1.113883.10.20.22.4.502)
    UNIQUE (document_id, seq)
) STRICT;

-- Which documents have this problem?
CREATE INDEX problems_by_code ON problems (code, code_system);
CREATE INDEX problems_by_section ON problems (section_id);

CREATE TRIGGER problems_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM codes WHERE document_id = old.id;
    DELETE FROM entry_ids WHERE document_id = old.id;
    DELETE FROM problems WHERE document_id = old.id;
END;
CREATE TRIGGER problems_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM codes WHERE document_id = new.id;
    DELETE FROM entry_ids WHERE document_id = new.id;
    DELETE FROM problems WHERE document_id = new.id;
END;

CREATE VIEW current_problems_all AS    -- problems of each filed whole chart that were present and not over when it was fetched, older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, p.seq, p.id AS row_id, p.code, p.code_system, p.display, p.snomed, p.icd10, p.start, p."end", p.problem_status,
       p.problem_status_display, p.concern_status, p.severity_display, p.context, p.date_conflict,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM problems p
JOIN documents d ON d.content_document_id = p.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND p.context = 'section' AND p.assertion = 'present'
  AND CASE                             -- the guide's rule: an end that has passed decides, then what the status observation says, then the concern
      WHEN p.end_null_flavor = 'UNK' THEN 0
      WHEN p."end" <= date(d.fetched_at / 1000, 'unixepoch') THEN 0
      WHEN p.problem_status IN ('73425007', '413322009', '277022003') THEN 0
      WHEN p.problem_status IN ('55561003', '246455001', '263855007') THEN 1
      ELSE coalesce(p.concern_status, 'active') NOT IN ('completed', 'aborted') END;

CREATE VIEW current_problems AS        -- the same of each patient's latest whole chart, so that a nightly export counts none thirty times
SELECT c.* FROM current_problems_all c
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = c.patient_id AND l.document_id = c.document_id);
