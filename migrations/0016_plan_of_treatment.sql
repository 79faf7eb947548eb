-- The plan of treatment.

CREATE TABLE plan_of_treatment (       -- a row for each statement with a template of what is planned (such as 2.16.840.1.113883.10.20.22.4.41), wherever it stands, and for each
                                       -- other one that is an entry of Plan of Treatment, Assessment and Plan or Planned Procedure and has not happened; goals are none
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within: the intervention of a procedure, the procedure of its coverage
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- the section's name, such as plan_of_treatment, assessment_and_plan, planned_procedure, interventions; within a health concern: health_concern
    assertion        TEXT NOT NULL,     -- present, absent (it is said not to be planned), no_information (a placeholder)
    element          TEXT NOT NULL,     -- local name of its element
    template_root    TEXT,              -- templateId/@root: the template by which it was taken, else its first
    template_ext     TEXT,              -- templateId/@extension of that
    class            TEXT,              -- @classCode
    mood             TEXT,              -- @moodCode: INT, RQO, ARQ, PRMS, PRP, APT; EVN contradicts the template
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
    code             TEXT,              -- what is planned, of a medication or an immunization the material: in the system in which it is recorded once it is done, else whatever is there; all of them are in codes
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
    kind             TEXT NOT NULL,     -- act, encounter, procedure, medication, supply, observation, immunization, coverage, nutrition, referral, intervention, instruction: by the
                                        -- template, whichever element has it; without one by the element
    planned_for      TEXT,              -- effectiveTime/@value, else its low end, else its center, ISO 8601 at its own precision
    priority         TEXT,              -- priorityCode, else what a priority preference says
    priority_display TEXT,
    performer_name   TEXT,              -- who is to do it, or to whom the patient is referred
    performer_org    TEXT,
    location         TEXT,              -- participant[LOC]/participantRole/playingEntity/name
    reason           TEXT,              -- the first of its reasons; all of them are in codes
    reason_display   TEXT,
    instructions     TEXT,              -- for the patient, a line for each
    value_text       TEXT,              -- of an observation with a value: some write the plan there in words
    dose             TEXT,              -- as written
    dose_unit        TEXT,
    route            TEXT,
    route_display    TEXT,
    quantity         TEXT,              -- of a supply
    quantity_unit    TEXT,
    UNIQUE (document_id, seq)
) STRICT;

-- For whom is this planned?
CREATE INDEX plan_of_treatment_by_code ON plan_of_treatment (code, code_system);
CREATE INDEX plan_of_treatment_by_section ON plan_of_treatment (section_id);

CREATE TRIGGER plan_of_treatment_goes_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM plan_of_treatment WHERE document_id = old.id;
END;
CREATE TRIGGER plan_of_treatment_is_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM plan_of_treatment WHERE document_id = new.id;
END;

CREATE VIEW planned_care_all AS        -- what each filed whole chart plans and has not given up, without who is to pay for it; older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, p.seq, p.id AS row_id, p.kind, p.code, p.code_system, p.display, p.planned_for,
       coalesce(p.text, p.value_text) AS text, -- what it says in words
       p.priority_display, p.performer_name, p.performer_org, p.location, p.reason_display, p.instructions, p.mood, p.status, p.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM plan_of_treatment p
JOIN documents d ON d.content_document_id = p.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND p.assertion = 'present' AND p.kind <> 'coverage'
  AND coalesce(p.mood, 'INT') <> 'EVN' AND coalesce(p.status, 'active') NOT IN ('aborted', 'cancelled', 'nullified');

CREATE VIEW planned_care AS            -- the same of each patient's latest whole chart
SELECT p.* FROM planned_care_all p
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = p.patient_id AND l.document_id = p.document_id);
