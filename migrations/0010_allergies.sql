-- Allergies and intolerances, with their reactions.

CREATE TABLE allergies (               -- a row for each allergy or intolerance observation (2.16.840.1.113883.10.20.22.4.7)
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within, such as an encounter
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- section: in its domain's own section; else where it was found
    assertion        TEXT NOT NULL,     -- present, no_known, no_known_drug, no_known_food (none of that kind are known), not_allergic_to (just this), no_information (a placeholder)
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
    code             TEXT,              -- participant/participantRole/playingEntity/code/@code, the allergen: RxNorm, else UNII, else SNOMED CT, else MED-RT or NDF-RT; all of them are in codes
    code_system      TEXT,              -- OID of its system: @codeSystem
    display          TEXT,              -- name of the code: @displayName, else as the clinician saw it
    original_text    TEXT,              -- originalText of the code, or where nothing names the allergen that of a kind without a name: as the clinician saw it, resolved into the narrative
    code_null_flavor TEXT,              -- @nullFlavor of the code
    text             TEXT,              -- the entry's own text/reference, resolved into the narrative, else its text
    narrative_id     TEXT,              -- text/reference/@value: what that points to
    author_time      TEXT,              -- author/time of the nearest author: the entry's, else its section's, else the document's
    author_name      TEXT,              -- author/assignedAuthor/assignedPerson/name, else author/assignedAuthor/assignedAuthoringDevice/softwareName
    author_npi       TEXT,              -- author/assignedAuthor/id/@extension, the National Provider Identifier
    author_org       TEXT,              -- author/assignedAuthor/representedOrganization/name
    comment          TEXT,              -- entryRelationship/act/text of the comment activity within it
    type             TEXT,              -- value/@code, what kind of tendency: 416098002 allergy to drug, 414285001 to food, 59037007 drug intolerance …
    type_display     TEXT,              -- name of that code
    concern_status   TEXT,              -- statusCode/@code of the act around it
    concern_start    TEXT,              -- effectiveTime/low of the act around it
    concern_end      TEXT,              -- effectiveTime/high of the act around it
    allergy_status   TEXT,              -- entryRelationship/observation/value/@code of the status observation (2.16.840.1.113883.10.20.22.4.28)
    allergy_status_display TEXT,        -- name of that code
    criticality      TEXT,              -- entryRelationship/observation/value/@code of the criticality observation (2.16.840.1.113883.10.20.22.4.145)
    criticality_display TEXT,           -- name of that code
    severity         TEXT,              -- entryRelationship/observation/value/@code of the severity observation (2.16.840.1.113883.10.20.22.4.8), of the allergy, else of the first reaction that has one
    severity_display TEXT,              -- name of that code
    severity_of      TEXT CHECK (severity_of IN ('allergy', 'reaction')), -- what that severity is of: R1.1 tells it of the allergy, R2.1 of a reaction
    reactions        TEXT,              -- names of its reactions, for people
    UNIQUE (document_id, seq)
) STRICT;

CREATE INDEX allergies_by_code ON allergies (code, code_system);
CREATE INDEX allergies_by_section ON allergies (section_id);

CREATE TABLE allergy_reactions (       -- the reactions of an allergy
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL, -- of the allergy's row
    rank             INTEGER NOT NULL, -- 0 the first
    code             TEXT,             -- value/@code of the reaction observation (2.16.840.1.113883.10.20.22.4.9)
    code_system      TEXT,             -- OID of its system: @codeSystem
    display          TEXT,             -- name of the code, else as the clinician saw it
    severity         TEXT,             -- entryRelationship/observation/value/@code of the severity observation (2.16.840.1.113883.10.20.22.4.8)
    severity_display TEXT,             -- name of that code
    start            TEXT,             -- effectiveTime/low of the reaction
    "end"            TEXT,             -- effectiveTime/high of the reaction
    PRIMARY KEY (document_id, seq, rank)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER allergies_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM allergy_reactions WHERE document_id = old.id;
    DELETE FROM allergies WHERE document_id = old.id;
END;
CREATE TRIGGER allergies_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM allergy_reactions WHERE document_id = new.id;
    DELETE FROM allergies WHERE document_id = new.id;
END;

CREATE VIEW allergy_list_all AS        -- what each filed whole chart says about allergies, that none are known too; older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, l.seq, l.id AS row_id, l.assertion, l.code, l.code_system, l.display, l.type, l.type_display, l.reactions, l.severity_display,
       l.criticality_display, l.start, l.concern_status, l.allergy_status_display,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM allergies l
JOIN documents d ON d.content_document_id = l.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND l.context = 'section' AND l.assertion <> 'no_information';

CREATE VIEW allergy_list AS            -- the same of each patient's latest whole chart
SELECT l.* FROM allergy_list_all l
WHERE EXISTS (SELECT 1 FROM latest_documents c WHERE c.patient_id = l.patient_id AND c.document_id = l.document_id);
