-- Medications.

CREATE TABLE medications (             -- a row for each medication activity (2.16.840.1.113883.10.20.22.4.16), and for each administration that is an entry of the section
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, absent (it is said not to be taken), no_known (no medications are known), no_information (a placeholder)
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
    code             TEXT,              -- consumable/manufacturedProduct/manufacturedMaterial/code/@code, the drug: RxNorm, else NDC, else whatever is there; all of them are in codes
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
    rxnorm           TEXT,              -- its RxNorm code, in whichever place it stands: code/@code or code/translation/@code
    ndc              TEXT,              -- its NDC, alike
    freq_value       TEXT,              -- effectiveTime/period/@value of the times at which it is taken (PIVL_TS), else of its low
    freq_value_max   TEXT,              -- effectiveTime/period/high/@value
    freq_unit        TEXT,              -- effectiveTime/period/@unit, UCUM: h, d
    freq_institution INTEGER CHECK (freq_institution IN (0, 1)), -- effectiveTime/@institutionSpecified; 1: every 6 h means 4 times a day, at hours of somebody's choice
    freq_event       TEXT,              -- effectiveTime/event/@code (EIVL_TS): HS at bedtime, AC before meals, PCM after breakfast …
    freq_offset      TEXT,              -- effectiveTime/offset with its unit: so long before or after that event
    timing_raw       TEXT NOT NULL CHECK (json_valid(timing_raw)), -- every effectiveTime, a JSON array
    dose             TEXT,              -- doseQuantity/@value as written, else its low; without a unit it counts forms
    dose_max         TEXT,              -- doseQuantity/high/@value
    dose_unit        TEXT,              -- doseQuantity/@unit
    rate             TEXT,              -- rateQuantity/@value as written, else its low
    rate_unit        TEXT,              -- rateQuantity/@unit
    max_dose         TEXT,              -- maxDoseQuantity, such as: 4 {tablet} in 1 d
    route            TEXT,              -- routeCode/@code
    route_display    TEXT,              -- name of that code
    site             TEXT,              -- approachSiteCode/@code
    site_display     TEXT,              -- name of that code
    form             TEXT,              -- administrationUnitCode/@code
    form_display     TEXT,              -- name of that code
    prn              INTEGER NOT NULL CHECK (prn IN (0, 1)), -- whether there is a precondition/criterion; 1: taken under a condition, as needed
    prn_reason       TEXT,              -- precondition/criterion/value/@code
    prn_reason_display TEXT,            -- name of that code
    indication       TEXT,              -- entryRelationship/observation/value/@code of the indication (2.16.840.1.113883.10.20.22.4.19), the first; all of them are in codes
    indication_display TEXT,            -- name of that code
    sig              TEXT,              -- the directions as they were written: entryRelationship/substanceAdministration/text, else the text of the entry
    instructions     TEXT,              -- entryRelationship/act/text of the instructions
    manufacturer     TEXT,              -- consumable/manufacturedProduct/manufacturerOrganization/name
    refills          TEXT,              -- entryRelationship/supply/repeatNumber/@value, counts all fills
    quantity         TEXT,              -- entryRelationship/supply/quantity/@value, of the order, else of the dispense
    quantity_unit    TEXT,              -- entryRelationship/supply/quantity/@unit
    supply_end       TEXT,              -- entryRelationship/supply/effectiveTime/high of the order
    dispensed_time   TEXT,              -- entryRelationship/supply/effectiveTime of the dispense
    UNIQUE (document_id, seq)
) STRICT;

-- Which documents have this drug?
CREATE INDEX medications_by_code ON medications (code, code_system);
CREATE INDEX medications_by_section ON medications (section_id);

CREATE TRIGGER medications_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM medications WHERE document_id = old.id;
END;
CREATE TRIGGER medications_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM medications WHERE document_id = new.id;
END;

CREATE VIEW active_medications_all AS  -- medications of each filed whole chart that were taken when it was fetched, older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, m.seq, m.id AS row_id, m.code, m.code_system, m.display, m.rxnorm, m.start, m."end", m.status, m.mood, m.dose, m.dose_unit,
       m.freq_value, m.freq_unit, m.prn, m.route_display, m.sig, m.indication_display, m.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM medications m
JOIN documents d ON d.content_document_id = m.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND m.context = 'section' AND m.assertion = 'present' AND m.mood = 'EVN'
  AND coalesce(m.status, 'active') NOT IN ('aborted', 'cancelled', 'suspended', 'nullified', 'held')
  AND CASE                             -- dates come before the status: one that is completed with an end to come is taken until then
      WHEN m."end" IS NOT NULL THEN m."end" >= substr(date(d.fetched_at / 1000, 'unixepoch'), 1, length(m."end"))
      ELSE coalesce(m.status, 'active') <> 'completed' END;

CREATE VIEW active_medications AS      -- the same of each patient's latest whole chart
SELECT m.* FROM active_medications_all m
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = m.patient_id AND l.document_id = m.document_id);
