-- One line for each patient.

CREATE VIEW patient_summary AS         -- a line for each patient whom a roster names: what their latest whole chart says, and how they are known at all
SELECT t.tenant, a.account, n.id AS patient_id, n.extra ->> 'mrn' AS mrn, -- the roster's own column
       CASE WHEN l.id IS NOT NULL THEN 'chart'
            WHEN EXISTS (SELECT 1 FROM documents d WHERE d.patient_id = n.id AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged', 'shrunk'))
            THEN 'windows' ELSE 'nothing' END AS known_by, -- chart: all that follows is of it; windows: parts of a chart are held, which are not merged into one; nothing: no document is held
       l.id AS document_id, l.content_document_id, strftime('%Y-%m-%dT%H:%M:%fZ', l.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', c.fetched_at / 1000.0, 'unixepoch') AS content_since, -- when the first document came that says the same
       p.name, substr(p.birth_time, 1, 10) AS birth_date, -- a year or a month where no more is known
       p.gender AS sex,
       (SELECT count(*) FROM current_problems x WHERE x.patient_id = n.id) AS problems, -- how many in current_problems
       (SELECT count(*) FROM active_medications x WHERE x.patient_id = n.id) AS medications, -- how many in active_medications
       (SELECT count(*) FROM allergy_list x WHERE x.patient_id = n.id AND x.assertion = 'present') AS allergies, -- how many in allergy_list
       (SELECT count(*) > 0 FROM allergy_list x WHERE x.patient_id = n.id AND x.assertion = 'no_known') AS no_known_allergies, -- 1: it says that no allergies are known
       (SELECT count(*) FROM immunization_history x WHERE x.patient_id = n.id AND x.assertion = 'present') AS immunizations, -- how many were given, by immunization_history
       (SELECT max(x.start) FROM encounter_history x WHERE x.patient_id = n.id) AS last_encounter_at, -- when the newest encounter began
       (SELECT max(x.time) FROM latest_results x WHERE x.patient_id = n.id) AS last_result_at, -- when the newest of latest_results was
       (SELECT max(x.time) FROM latest_vitals x WHERE x.patient_id = n.id) AS last_vitals_at, -- when the newest of latest_vitals were
       (SELECT x.value_num FROM latest_vitals x WHERE x.patient_id = n.id AND x.code = '8480-6') AS systolic,  -- LOINC, in its unit
       (SELECT x.value_num FROM latest_vitals x WHERE x.patient_id = n.id AND x.code = '8462-4') AS diastolic, -- LOINC 8462-4, in its unit
       (SELECT x.value_num FROM latest_vitals x WHERE x.patient_id = n.id AND x.code = '39156-5') AS bmi, -- LOINC 39156-5, in its unit
       (SELECT x.status FROM smoking_status x WHERE x.patient_id = n.id LIMIT 1) AS smoking_status -- in a word, as smoking_status has it
FROM patients n
JOIN tenants t ON t.id = n.tenant_id
JOIN accounts a ON a.id = n.account_id
LEFT JOIN documents l ON l.id = (       -- as latest_documents chooses it; a left join of that view would make all of it first
    SELECT w.id FROM documents w
    WHERE w.patient_id = n.id AND w.window_start IS NULL AND w.status IN ('accepted', 'unchanged') ORDER BY w.fetched_at DESC, w.id DESC LIMIT 1)
LEFT JOIN documents c ON c.id = l.content_document_id
LEFT JOIN document_patients p ON p.document_id = l.content_document_id AND p.seq = 1
WHERE n.removed_at IS NULL;
