-- Encounters.

CREATE TABLE encounters (              -- a row for each encounter activity (2.16.840.1.113883.10.20.22.4.49), and for each encounter that is an entry of the section
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as a panel
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, absent (it did not take place), no_information (a placeholder)
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
    time             TEXT,              -- effectiveTime/@value, else its center: when it was, where no interval is given
    time_raw         TEXT,              -- effectiveTime/@value as written
    time_precision   TEXT,              -- year, month, day, hour, minute, second, fraction
    date_conflict    INTEGER NOT NULL CHECK (date_conflict IN (0, 1)), -- it ends before it starts
    code             TEXT,              -- its type: CPT, else SNOMED CT, else HCPCS, else ActCode, else whatever is there; all of them are in codes
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
    encounter_class  TEXT,              -- AMB ambulatory, IMP inpatient, EMER emergency …: its code of ActEncounterCode, in whichever place it stands
    cpt              TEXT,              -- its CPT code, in whichever place it stands
    hcpcs            TEXT,              -- its HCPCS level II code
    snomed           TEXT,              -- its SNOMED CT code
    disposition      TEXT,              -- where the patient went: sdtc:dischargeDispositionCode
    disposition_display TEXT,
    performer_name   TEXT,              -- who saw the patient: the first performer
    performer_npi    TEXT,              -- performer/assignedEntity/id/@extension, the National Provider Identifier
    performer_org    TEXT,              -- performer/assignedEntity/representedOrganization/name
    performers       TEXT,              -- all performers: their names, else organizations, else NPIs
    location_name    TEXT,              -- where: participant LOC
    location_type    TEXT,              -- what sort of a place it is, by preference HSLOC
    location_type_display TEXT,
    location_address TEXT,              -- in one line
    diagnoses        TEXT,              -- names of its diagnoses; each is a row of problems of the same document, whose parent_seq is this seq
    indications      TEXT,              -- why the patient came: names of the reasons; their codes are in codes
    UNIQUE (document_id, seq)
) STRICT;

-- Which documents have an encounter of this type?
CREATE INDEX encounters_by_code ON encounters (code, code_system);
CREATE INDEX encounters_by_section ON encounters (section_id);

CREATE TRIGGER encounters_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM encounters WHERE document_id = old.id;
END;
CREATE TRIGGER encounters_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM encounters WHERE document_id = new.id;
END;

CREATE VIEW encounter_history_all AS   -- the visits and stays that each filed whole chart tells of; older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, e.seq, e.id AS row_id, coalesce(e.start, e.time) AS start, -- since when it was, or when
       e."end", e.encounter_class,
       e.code, e.code_system, coalesce(e.display, e.text) AS display, -- name of the code, else the entry's own text
       e.cpt, e.hcpcs, e.snomed, e.diagnoses, e.indications, e.performer_name, e.performer_npi,
       e.performer_org, e.performers, e.location_name, e.location_type_display, e.location_address, e.disposition, e.disposition_display, e.status,
       e.date_conflict, e.context, strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM encounters e
JOIN documents d ON d.content_document_id = e.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND e.context = 'section' AND e.assertion = 'present'
  AND coalesce(e.mood, 'EVN') = 'EVN' -- what is planned is no history
  AND coalesce(e.status, 'completed') NOT IN ('cancelled', 'nullified'); -- nor what was called off or entered in error

CREATE VIEW encounter_history AS       -- the same of each patient's latest whole chart
SELECT e.* FROM encounter_history_all e
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = e.patient_id AND l.document_id = e.document_id);
