-- Social history: who somebody is and how they live.

CREATE TABLE social_history (          -- a row for each observation of the section, and for each with one of its templates (such as 2.16.840.1.113883.10.20.22.4.38) elsewhere
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    section_id       INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
    seq              INTEGER NOT NULL,  -- its place among all rows of the document's entries, whatever their table
    parent_seq       INTEGER,           -- the row that it stands within: the scale of an item, the occupation of an industry
    path             TEXT NOT NULL,     -- its element, from the section's
    context          TEXT NOT NULL,     -- the section's name, such as social_history; within a health concern: health_concern
    assertion        TEXT NOT NULL,     -- present, absent (it is said not to be so), no_information (a question without an answer, a placeholder)
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
    time             TEXT,              -- effectiveTime/@value, else its center: when it was so
    time_raw         TEXT,              -- effectiveTime/@value as written
    time_precision   TEXT,              -- year, month, day, hour, minute, second, fraction
    date_conflict    INTEGER NOT NULL CHECK (date_conflict IN (0, 1)), -- it ends before it starts
    code             TEXT,              -- the question: LOINC, else SNOMED CT, else whatever is there; ASSERTION asks nothing; all of them are in codes
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
    kind             TEXT NOT NULL,     -- what it is about, by its template, else by the question: smoking_status, tobacco_use, birth_sex, sex, gender_identity, sexual_orientation,
                                        -- pregnancy, estimated_delivery_date, pregnancy_intention, occupation, industry, tribal_affiliation, disability, caregiver, home_environment,
                                        -- culture_and_religion, pronouns, interpreter_needed, assessment_scale, assessment_item; else social_history
    value_type       TEXT,              -- xsi:type: CD, ST, PQ, TS …
    value_text       TEXT,              -- the answer as text, whatever its type
    value_num        REAL,              -- the answer as a number, where it is one; with a comparator it is a limit
    value_num_high   REAL,              -- the upper end of an interval
    comparator       TEXT CHECK (comparator IN ('<', '<=', '>', '>=')),
    unit             TEXT,              -- as written, mostly UCUM
    value_code       TEXT,              -- of a coded answer
    value_code_system TEXT,
    value_display    TEXT,
    value_null_flavor TEXT,             -- UNK, ASKU … in place of an answer
    UNIQUE (document_id, seq)
) STRICT;

-- Who answered a question so? And of a document, the newest answer to a question.
CREATE INDEX social_history_by_kind ON social_history (kind, value_code);
CREATE INDEX social_history_of_document ON social_history (document_id, kind, code);
CREATE INDEX social_history_by_section ON social_history (section_id);

CREATE TRIGGER social_history_goes_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM social_history WHERE document_id = old.id;
END;
CREATE TRIGGER social_history_is_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM social_history WHERE document_id = new.id;
END;

CREATE VIEW latest_social_history_all AS   -- what each filed whole chart says of social history, and what it says is not so, each with the time at which it was; older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, s.seq, s.id AS row_id, s.kind, s.assertion, s.code, s.code_system, s.display,
       coalesce(s.time, s.start) AS time, -- when it was so, or since when
       s."end", s.value_text, s.value_num, s.value_num_high, s.comparator, s.unit, s.value_code, s.value_display, s.status, s.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM social_history s
JOIN documents d ON d.content_document_id = s.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND s.assertion <> 'no_information';

CREATE VIEW latest_social_history AS       -- of each patient's latest whole chart the newest answer to each question; what has no code is there each time
SELECT s.* FROM latest_social_history_all s
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = s.patient_id AND l.document_id = s.document_id)
  AND NOT EXISTS (
    SELECT 1 FROM social_history n
    WHERE n.document_id = s.content_document_id AND n.kind = s.kind AND n.code = s.code AND n.code_system IS s.code_system AND n.assertion <> 'no_information'
      AND (coalesce(n.time, n.start, ''), n.seq) > (coalesce(s.time, ''), s.seq));

CREATE VIEW smoking_status_all AS          -- each smoking status that a filed whole chart states; older charts too
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.content_document_id, s.seq, s.id AS row_id,
       CASE s.value_code                   -- the codes of certified systems (SNOMED CT); any other answer stands beside them
           WHEN '449868002' THEN 'every_day' WHEN '428041000124106' THEN 'some_days'
           WHEN '428071000124103' THEN 'heavy' WHEN '428061000124105' THEN 'light' WHEN '77176002' THEN 'smoker'
           WHEN '8517006' THEN 'former' WHEN '266919005' THEN 'never' WHEN '266927001' THEN 'unknown' ELSE 'other' END AS status, -- in a word: every_day, some_days, heavy, light, smoker, former, never, unknown or other
       s.value_code, s.value_display, s.value_text, coalesce(s.time, s.start) AS time, -- when it was so, or since when
       s."end", s.context,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at
FROM social_history s
JOIN documents d ON d.content_document_id = s.document_id
JOIN patients n ON n.id = d.patient_id
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged') AND s.kind = 'smoking_status' AND s.assertion = 'present';

CREATE VIEW smoking_status AS              -- a line for each patient whose latest whole chart states one: the newest
SELECT s.* FROM smoking_status_all s
WHERE EXISTS (SELECT 1 FROM latest_documents l WHERE l.patient_id = s.patient_id AND l.document_id = s.document_id)
  AND NOT EXISTS (
    SELECT 1 FROM social_history n
    WHERE n.document_id = s.content_document_id AND n.kind = 'smoking_status' AND n.assertion = 'present'
      AND (coalesce(n.time, n.start, ''), n.seq) > (coalesce(s.time, ''), s.seq));
