-- Immunizations.

CREATE TABLE immunizations (           -- a row for each immunization activity (2.16.840.1.113883.10.20.22.4.52), and for each administration that is an entry of the section
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, refused (it was not given), no_known (no immunizations are known), no_information (a placeholder)
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
    time             TEXT,              -- effectiveTime/@value, else its center: when it was given
    time_raw         TEXT,              -- effectiveTime/@value as written
    time_precision   TEXT,              -- year, month, day, hour, minute, second, fraction
    date_conflict    INTEGER NOT NULL CHECK (date_conflict IN (0, 1)), -- it ends before it starts
    code             TEXT,              -- consumable/manufacturedProduct/manufacturedMaterial/code/@code, the vaccine: CVX, else NDC, else RxNorm, else whatever is there; all of them are in codes
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
    cvx              TEXT,              -- its CVX code, in whichever place it stands: code/@code or code/translation/@code
    ndc              TEXT,              -- its NDC, alike
    not_given_reason TEXT,              -- entryRelationship/observation/code/@code of the reason (2.16.840.1.113883.10.20.22.4.53), else its value, why it was not given: PATOBJ, IMMUNE, MEDPREC …
    not_given_reason_display TEXT,      -- name of that code
    lot              TEXT,              -- consumable/manufacturedProduct/manufacturedMaterial/lotNumberText
    manufacturer     TEXT,              -- consumable/manufacturedProduct/manufacturerOrganization/name
    mvx              TEXT,              -- the manufacturer's code: consumable/manufacturedProduct/manufacturerOrganization/standardIndustryClassCode/@code
    dose_number      TEXT,              -- repeatNumber/@value
    series           TEXT,              -- entryRelationship/sequenceNumber/@value: its place in a series of administrations
    dose             TEXT,              -- doseQuantity/@value as written
    dose_unit        TEXT,              -- doseQuantity/@unit
    route            TEXT,              -- routeCode/@code
    route_display    TEXT,              -- name of that code
    site             TEXT,              -- approachSiteCode/@code
    site_display     TEXT,              -- name of that code
    performer_name   TEXT,              -- performer/assignedEntity/assignedPerson/name
    performer_org    TEXT,              -- performer/assignedEntity/representedOrganization/name
    reactions        TEXT,              -- entryRelationship/observation/value of the reactions to it (2.16.840.1.113883.10.20.22.4.9), their names; their codes are in codes
    UNIQUE (document_id, seq)
) STRICT;

-- Which documents have this vaccine?
CREATE INDEX immunizations_by_code ON immunizations (code, code_system);
CREATE INDEX immunizations_by_section ON immunizations (section_id);

CREATE TRIGGER immunizations_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM immunizations WHERE document_id = old.id;
END;
CREATE TRIGGER immunizations_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM immunizations WHERE document_id = new.id;
END;

CREATE VIEW immunization_history_all AS -- what each filed whole chart says was given, and what was not and why; older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, i.seq, i.id AS row_id, i.assertion, coalesce(i.time, i.start) AS time, -- when it was given, else since when
       i.code, i.code_system,
       i.display, i.cvx, i.dose_number, i.lot, i.manufacturer, i.site_display, i.route_display, i.not_given_reason, i.not_given_reason_display, i.status, i.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM immunizations i
JOIN documents d ON d.content_document_id = i.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND i.context = 'section' AND i.assertion NOT IN ('no_known', 'no_information')
  AND coalesce(i.mood, 'EVN') = 'EVN'; -- what is planned is no history

CREATE VIEW immunization_history AS    -- the same of each patient's latest whole chart
SELECT i.* FROM immunization_history_all i
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = i.patient_id AND l.document_id = i.document_id);
