-- Procedures.

CREATE TABLE procedures (              -- a row for each procedure activity (2.16.840.1.113883.10.20.22.4.14, .12, .13), and for each procedure, act or observation that is an entry of the section
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, absent (it was not done), refused (and somebody said why), no_known (no procedures are known), no_information (a placeholder)
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
    time             TEXT,              -- effectiveTime/@value, else its center: when it was done
    time_raw         TEXT,              -- effectiveTime/@value as written
    time_precision   TEXT,              -- year, month, day, hour, minute, second, fraction
    date_conflict    INTEGER NOT NULL CHECK (date_conflict IN (0, 1)), -- it ends before it starts
    code             TEXT,              -- what was done: CPT, else HCPCS or CDT, else SNOMED CT, else ICD-10-PCS, else LOINC, else whatever is there; all of them are in codes
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
    kind             TEXT NOT NULL CHECK (kind = 'procedure' OR kind = 'act' OR kind = 'observation'), -- by the template, not by the element
    cpt              TEXT,              -- its CPT code, in whichever place it stands
    hcpcs            TEXT,              -- its HCPCS level II code; also one under the OID of CPT or CDT that has the shape of HCPCS
    cdt              TEXT,              -- its code of dental procedures
    snomed           TEXT,              -- its SNOMED CT code
    icd10pcs         TEXT,              -- its ICD-10-PCS code
    loinc            TEXT,              -- its LOINC code
    value_type       TEXT,              -- what an observation found: xsi:type PQ, CD, ST …
    value_text       TEXT,              -- the value as text, whatever its type
    value_num        REAL,              -- the value as a number, where it is one; with a comparator it is a limit
    value_num_high   REAL,              -- the upper end of an interval
    comparator       TEXT CHECK (comparator IN ('<', '<=', '>', '>=')),
    unit             TEXT,              -- as written, mostly UCUM
    value_code       TEXT,              -- of a coded value
    value_code_system TEXT,             -- OID
    value_display    TEXT,
    value_null_flavor TEXT,             -- value/@nullFlavor
    body_site        TEXT,              -- targetSiteCode; the first, all of them are in codes
    body_site_display TEXT,
    priority         TEXT,              -- priorityCode: EL elective, EM emergency, CR …
    priority_display TEXT,
    method           TEXT,              -- methodCode; the first, all of them are in codes
    method_display   TEXT,
    performer_name   TEXT,              -- who did it: the first performer
    performer_npi    TEXT,              -- performer/assignedEntity/id/@extension, the National Provider Identifier
    performer_org    TEXT,              -- performer/assignedEntity/representedOrganization/name
    performers       TEXT,              -- all performers: their names, else organizations, else NPIs
    location_name    TEXT,              -- where: participant LOC
    location_type    TEXT,              -- what sort of a place it is, by preference HSLOC
    location_type_display TEXT,
    location_address TEXT,              -- in one line
    device           TEXT,              -- what was implanted or used: the first product instance (2.16.840.1.113883.10.20.22.4.37); codes of all are in codes
    device_display   TEXT,
    udi              TEXT,              -- its unique device identifier, as written
    device_id_root   TEXT,              -- its first id, UDI or not
    device_id_ext    TEXT,
    device_manufacturer TEXT,           -- participant/participantRole/scopingEntity/desc of that device
    indications      TEXT,              -- why it was done: names of the reasons; their codes are in codes
    not_done_reason  TEXT,              -- why it was not done
    not_done_reason_display TEXT,
    specimen         TEXT,              -- what was taken
    specimen_display TEXT,
    specimen_id_root TEXT,              -- the specimen's first id
    specimen_id_ext  TEXT,
    encounter_id_root TEXT,             -- first id of the encounter at which it was done, which may be a row of encounters: see entry_ids
    encounter_id_ext TEXT,
    UNIQUE (document_id, seq)
) STRICT;

-- Which documents have this procedure?
CREATE INDEX procedures_by_code ON procedures (code, code_system);
CREATE INDEX procedures_by_section ON procedures (section_id);

CREATE TRIGGER procedures_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM procedures WHERE document_id = old.id;
END;
CREATE TRIGGER procedures_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM procedures WHERE document_id = new.id;
END;

CREATE VIEW procedure_history_all AS   -- what each filed whole chart says was done; older charts too. What was refused or denied is in procedures
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, p.seq, p.id AS row_id, coalesce(p.start, p.time) AS time, -- when it was done, or since when
       p."end", p.kind, p.code,
       p.code_system, coalesce(p.display, p.text) AS display, -- name of the code, else the entry's own text
       p.cpt, p.hcpcs, p.snomed, p.value_text, p.body_site_display, p.performer_name, p.performer_npi,
       p.performer_org, p.location_name, p.device_display, p.udi, p.indications, p.status, p.date_conflict, p.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM procedures p
JOIN documents d ON d.content_document_id = p.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND p.context = 'section' AND p.assertion = 'present'
  AND coalesce(p.mood, 'EVN') = 'EVN' -- what is planned is no history
  AND coalesce(p.status, 'completed') NOT IN ('cancelled', 'nullified'); -- nor what was called off or entered in error

CREATE VIEW procedure_history AS       -- the same of each patient's latest whole chart
SELECT p.* FROM procedure_history_all p
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = p.patient_id AND l.document_id = p.document_id);
