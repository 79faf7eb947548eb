-- Results with their panels, and vital signs.

CREATE TABLE result_panels (           -- a row for each organizer of results
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present
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
    code             TEXT,              -- code/@code, what was ordered: LOINC, else SNOMED CT
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
    specimen         TEXT,              -- specimen/specimenRole/specimenPlayingEntity/code/@code
    specimen_display TEXT,              -- name of that code
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE results (                 -- a row for each observation of results, in a panel or not
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, absent (it is said not to be so), no_information (a placeholder)
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
    code             TEXT,              -- code/@code, what was measured: LOINC, else SNOMED CT, else whatever is there; all of them are in codes
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
    panel_seq        INTEGER,           -- the organizer that holds it: a row of result_panels
    panel_time       TEXT,              -- when that organizer was, where the observation itself has no time
    value_type       TEXT,              -- value/@xsi:type: PQ, CD, ST, ED …
    value_text       TEXT,              -- the value as text, whatever its type
    value_num        REAL,              -- value/@value as a number, where it is one; with a comparator it is a limit
    value_num_high   REAL,              -- value/high/@value: the upper end of an interval
    comparator       TEXT CHECK (comparator IN ('<', '<=', '>', '>=')), -- whether value_num is a limit, and of which kind: from value/low and value/high, or from the text
    unit             TEXT,              -- value/@unit as written, mostly UCUM
    value_code       TEXT,              -- value/@code of a coded value
    value_code_system TEXT,             -- value/@codeSystem, an OID
    value_display    TEXT,              -- name of value_code, else as the clinician saw it
    value_null_flavor TEXT,             -- value/@nullFlavor
    interpretation   TEXT,              -- interpretationCode/@code: H, L, HH, LL, A, N …
    ref_low          REAL,              -- referenceRange/observationRange/value/low/@value of the range that is said to be normal
    ref_high         REAL,              -- referenceRange/observationRange/value/high/@value of that range
    ref_unit         TEXT,              -- referenceRange/observationRange/value/low/@unit, else that of its high
    ref_text         TEXT,              -- referenceRange/observationRange/text, resolved into the narrative; else the value, where that has no ends: Negative
    specimen         TEXT,              -- specimen/specimenRole/specimenPlayingEntity/code/@code of the observation, else of its organizer
    specimen_display TEXT,              -- name of that code
    method           TEXT,              -- methodCode/@code
    method_display   TEXT,              -- name of that code
    body_site        TEXT,              -- targetSiteCode/@code
    body_site_display TEXT,             -- name of that code
    performer        TEXT,              -- performer/assignedEntity/representedOrganization/name, else performer/assignedEntity/assignedPerson/name
    UNIQUE (document_id, seq)
) STRICT;

-- Which documents have this result? And of a document, the newest of a code.
CREATE INDEX results_by_code ON results (code, code_system);
CREATE INDEX results_of_document ON results (document_id, code);
CREATE INDEX results_by_section ON results (section_id);
CREATE INDEX result_panels_by_section ON result_panels (section_id);

CREATE TRIGGER results_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM result_panels WHERE document_id = old.id;
    DELETE FROM results WHERE document_id = old.id;
END;
CREATE TRIGGER results_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM result_panels WHERE document_id = new.id;
    DELETE FROM results WHERE document_id = new.id;
END;

CREATE TABLE vital_signs (             -- a row for each observation of vital signs
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, absent (it is said not to be so), no_information (a placeholder)
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
    code             TEXT,              -- code/@code, what was measured: LOINC, else SNOMED CT, else whatever is there; all of them are in codes
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
    panel_seq        INTEGER,           -- the organizer that holds it: a row of result_panels
    panel_time       TEXT,              -- when that organizer was, where the observation itself has no time
    value_type       TEXT,              -- value/@xsi:type: PQ, CD, ST, ED …
    value_text       TEXT,              -- the value as text, whatever its type
    value_num        REAL,              -- value/@value as a number, where it is one; with a comparator it is a limit
    value_num_high   REAL,              -- value/high/@value: the upper end of an interval
    comparator       TEXT CHECK (comparator IN ('<', '<=', '>', '>=')), -- whether value_num is a limit, and of which kind: from value/low and value/high, or from the text
    unit             TEXT,              -- value/@unit as written, mostly UCUM
    value_code       TEXT,              -- value/@code of a coded value
    value_code_system TEXT,             -- value/@codeSystem, an OID
    value_display    TEXT,              -- name of value_code, else as the clinician saw it
    value_null_flavor TEXT,             -- value/@nullFlavor
    interpretation   TEXT,              -- interpretationCode/@code: H, L, HH, LL, A, N …
    ref_low          REAL,              -- referenceRange/observationRange/value/low/@value of the range that is said to be normal
    ref_high         REAL,              -- referenceRange/observationRange/value/high/@value of that range
    ref_unit         TEXT,              -- referenceRange/observationRange/value/low/@unit, else that of its high
    ref_text         TEXT,              -- referenceRange/observationRange/text, resolved into the narrative; else the value, where that has no ends: Negative
    specimen         TEXT,              -- specimen/specimenRole/specimenPlayingEntity/code/@code of the observation, else of its organizer
    specimen_display TEXT,              -- name of that code
    method           TEXT,              -- methodCode/@code
    method_display   TEXT,              -- name of that code
    body_site        TEXT,              -- targetSiteCode/@code
    body_site_display TEXT,             -- name of that code
    performer        TEXT,              -- performer/assignedEntity/representedOrganization/name, else performer/assignedEntity/assignedPerson/name
    UNIQUE (document_id, seq)
) STRICT;

CREATE INDEX vital_signs_by_code ON vital_signs (code, code_system);
CREATE INDEX vital_signs_of_document ON vital_signs (document_id, code);
CREATE INDEX vital_signs_by_section ON vital_signs (section_id);

CREATE TRIGGER vital_signs_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM vital_signs WHERE document_id = old.id;
END;
CREATE TRIGGER vital_signs_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM vital_signs WHERE document_id = new.id;
END;

CREATE VIEW latest_results_all AS          -- results of each filed whole chart, each with the time at which it was, older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, r.seq, r.id AS row_id, r.code, r.code_system, r.display, coalesce(r.time, r.start, r.panel_time) AS time, -- when it was, else since when, else when its panel was
       r.value_text, r.value_num,
       r.value_num_high, r.comparator, r.unit, r.value_code, r.value_display, r.interpretation, r.ref_low, r.ref_high, r.ref_text, r.status, r.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM results r
JOIN documents d ON d.content_document_id = r.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND r.context = 'section' AND r.assertion = 'present';

CREATE VIEW latest_results AS              -- of each patient's latest whole chart the newest of each code
SELECT r.* FROM latest_results_all r
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = r.patient_id AND l.document_id = r.document_id)
  AND NOT EXISTS (
    SELECT 1 FROM results n
    WHERE n.document_id = r.content_document_id AND n.code = r.code AND n.code_system IS r.code_system AND n.context = 'section' AND n.assertion = 'present'
      AND (coalesce(n.time, n.start, n.panel_time, ''), n.seq) > (coalesce(r.time, ''), r.seq));

CREATE VIEW latest_vitals_all AS          -- vital signs of each filed whole chart, each with the time at which it was, older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, r.seq, r.id AS row_id, r.code, r.code_system, r.display, coalesce(r.time, r.start, r.panel_time) AS time, -- when it was, else since when, else when its panel was
       r.value_text, r.value_num,
       r.value_num_high, r.comparator, r.unit, r.value_code, r.value_display, r.interpretation, r.ref_low, r.ref_high, r.ref_text, r.status, r.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM vital_signs r
JOIN documents d ON d.content_document_id = r.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND r.context = 'section' AND r.assertion = 'present';

CREATE VIEW latest_vitals AS              -- of each patient's latest whole chart the newest of each code
SELECT r.* FROM latest_vitals_all r
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = r.patient_id AND l.document_id = r.document_id)
  AND NOT EXISTS (
    SELECT 1 FROM vital_signs n
    WHERE n.document_id = r.content_document_id AND n.code = r.code AND n.code_system IS r.code_system AND n.context = 'section' AND n.assertion = 'present'
      AND (coalesce(n.time, n.start, n.panel_time, ''), n.seq) > (coalesce(r.time, ''), r.seq));
