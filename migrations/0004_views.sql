-- The first questions of an analyst and an operator. Instants are ISO 8601 here.

CREATE VIEW latest_documents_all AS    -- the whole chart of each patient that was accepted last, of removed patients too
SELECT t.tenant, a.account, p.id AS patient_id, p.patient_token, p.extra, p.removed_at IS NOT NULL AS removed,
       d.id AS document_id, d.body_id, d.status, strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
       d.document_root, d.document_extension, d.code, d.title, d.effective_time, d.effective_time_raw, d.mrn_root, d.mrn_extension,
       d.sections, d.entries, d.warnings, d.content_document_id
FROM patients p
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
JOIN documents d ON d.id = (
    SELECT w.id FROM documents w
    WHERE w.patient_id = p.id AND w.window_start IS NULL AND w.status IN ('accepted', 'unchanged')
    ORDER BY w.fetched_at DESC, w.id DESC LIMIT 1);

CREATE VIEW latest_documents AS        -- the same of the patients whom a roster names now
SELECT * FROM latest_documents_all WHERE NOT removed;

CREATE VIEW latest_windows AS          -- for each patient and exact window the document that was accepted last
SELECT t.tenant, a.account, p.id AS patient_id, p.patient_token, p.extra, d.window_start, d.window_end,
       d.id AS document_id, d.body_id, d.status, strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
       d.document_root, d.document_extension, d.code, d.title, d.effective_time, d.effective_time_raw, d.mrn_root, d.mrn_extension,
       d.sections, d.entries, d.warnings, d.content_document_id
FROM documents d
JOIN patients p ON p.id = d.patient_id
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
WHERE p.removed_at IS NULL AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged')
  AND NOT EXISTS (
    SELECT 1 FROM documents n
    WHERE n.patient_id = d.patient_id AND n.window_start = d.window_start AND n.window_end = d.window_end
      AND n.status IN ('accepted', 'unchanged') AND (n.fetched_at, n.id) > (d.fetched_at, d.id));

CREATE VIEW coverage AS                -- which dates of each patient are held by windows, and which are missing between the first and the last that backfills ask for
WITH held AS NOT MATERIALIZED (        -- looked at patient by patient, through documents_windows
    SELECT patient_id, window_start, window_end, id FROM documents
    WHERE window_start IS NOT NULL AND status IN ('accepted', 'unchanged', 'shrunk')),
asked AS NOT MATERIALIZED (            -- by backfills of jobs that name the patient, unless they are narrowed to others
    SELECT n.patient_id, b.from_date, s.up_to
    FROM backfill_passes s             -- few, and through each of them a patient is found by the key
    CROSS JOIN backfills b ON b.id = s.backfill_id AND b.from_date IS NOT NULL AND s.up_to >= b.from_date
    CROSS JOIN job_patients n ON n.job = b.job AND n.tenant_id = s.tenant_id
    WHERE coalesce(b.tenant, b.account, b.patients_digest) IS NULL
       OR EXISTS (SELECT 1 FROM runs r JOIN run_patients o ON o.run_id = r.id AND o.patient_id = n.patient_id WHERE r.backfill_id = b.id)),
gaps AS NOT MATERIALIZED (             -- a patient's dates that were asked for begin to be missing with the first of them, or the day after one that is held
    SELECT p.id AS patient_id, (SELECT min(k.from_date) FROM asked k WHERE k.patient_id = p.id) AS first_date FROM patients p
    UNION ALL
    SELECT h.patient_id, date(h.window_end, '+1 day') FROM held h
    WHERE date(h.window_end, '+1 day') BETWEEN (SELECT min(date(k.from_date, '+1 day')) FROM asked k WHERE k.patient_id = h.patient_id)
                                           AND (SELECT max(k.up_to) FROM asked k WHERE k.patient_id = h.patient_id)
      AND NOT EXISTS (SELECT 1 FROM held o WHERE o.patient_id = h.patient_id AND o.window_end = h.window_end AND o.id < h.id)),
who AS NOT MATERIALIZED (
    SELECT p.id, t.tenant, a.account, p.patient_token
    FROM patients p JOIN tenants t ON t.id = p.tenant_id JOIN accounts a ON a.id = p.account_id
    WHERE p.removed_at IS NULL),
ranges AS NOT MATERIALIZED (           -- each names its patient by itself, so that the first of them are there before the last are known
    SELECT w.tenant, w.account, h.patient_id, w.patient_token, 'held' AS coverage, h.window_start AS first_date,
           (SELECT min(e.window_end) FROM held e -- the first end that no other window carries on
            WHERE e.patient_id = h.patient_id AND e.window_start >= h.window_start
              AND NOT EXISTS (SELECT 1 FROM held o
                              WHERE o.patient_id = e.patient_id AND o.window_start <= date(e.window_end, '+1 day') AND o.window_end > e.window_end))
               AS last_date
    FROM held h JOIN who w ON w.id = h.patient_id
    WHERE NOT EXISTS (SELECT 1 FROM held o -- none that begins earlier touches it, and of several with this beginning it is the first
                      WHERE o.patient_id = h.patient_id AND o.window_start <= h.window_start AND o.window_end >= date(h.window_start, '-1 day')
                        AND (o.window_start < h.window_start OR o.id < h.id))
    UNION ALL
    SELECT w.tenant, w.account, g.patient_id, w.patient_token, 'missing', g.first_date,
           coalesce((SELECT min(date(h.window_start, '-1 day'), max(k.up_to)) FROM held h JOIN asked k ON k.patient_id = h.patient_id
                     WHERE h.patient_id = g.patient_id AND h.window_start > g.first_date GROUP BY h.window_start ORDER BY h.window_start LIMIT 1),
                    (SELECT max(k.up_to) FROM asked k WHERE k.patient_id = g.patient_id))
    FROM gaps g JOIN who w ON w.id = g.patient_id
    WHERE g.first_date IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM held h WHERE h.patient_id = g.patient_id AND h.window_start <= g.first_date AND h.window_end >= g.first_date))
SELECT tenant, account, patient_id, patient_token, coverage, first_date, last_date,
       CAST(julianday(last_date) - julianday(first_date) AS INTEGER) + 1 AS days
FROM ranges;

CREATE VIEW failing AS                 -- each fetch that is not through, why, and when it is tried again (NULL: at the next occurrence)
WITH stuck AS (                        -- each branch reads a partial index and not the fetches that are done
    SELECT id FROM fetches WHERE state IN ('waiting', 'dead', 'quarantined')
    UNION ALL                          -- never tried, because its account or tenant is left alone
    SELECT id FROM (
        SELECT f.id FROM accounts a CROSS JOIN patients p ON p.account_id = a.id CROSS JOIN fetches f ON f.patient_id = p.id
        WHERE a.state <> 'active' AND f.state = 'pending'
        UNION
        SELECT f.id FROM tenants t CROSS JOIN fetches f ON f.tenant_id = t.id
        WHERE t.state <> 'active' AND f.state IN ('pending', 'waiting') AND f.state = 'pending'))
SELECT t.tenant, a.account, f.patient_id, f.id AS fetch_id, f.state,
       CASE WHEN f.state = 'pending' THEN coalesce(a.state_reason, t.state_reason) ELSE f.reason END AS reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', f.changed_at / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%fZ', CASE
           WHEN f.state IN ('pending', 'waiting') THEN coalesce(a.next_try_at, t.next_try_at, f.due_at)
           END / 1000.0, 'unixepoch') AS next_try_at
FROM stuck s
CROSS JOIN fetches f ON f.id = s.id
JOIN patients p ON p.id = f.patient_id
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
WHERE p.removed_at IS NULL
  AND NOT EXISTS (                     -- only the newest of the patient and window
    SELECT 1 FROM fetches n
    WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.id > f.id AND n.state <> 'superseded'
      AND n.window_start IS f.window_start AND n.window_end IS f.window_end);

CREATE VIEW vanished AS                -- patients who have documents and whom the server knows no more (404)
SELECT t.tenant, a.account, f.patient_id, f.id AS fetch_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', f.changed_at / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%fZ', (
           SELECT max(fetched_at) FROM ( -- apart, because each of them has its index
               SELECT max(d.fetched_at) AS fetched_at FROM documents d
               WHERE d.patient_id = f.patient_id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')
               UNION ALL
               SELECT max(d.fetched_at) FROM documents d
               WHERE d.patient_id = f.patient_id AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged'))
           ) / 1000.0, 'unixepoch') AS newest_document_at,
       (SELECT count(*) FROM documents d WHERE d.patient_id = f.patient_id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged'))
           AS documents                -- whole charts of the patient, the older ones too
FROM fetches f
JOIN patients p ON p.id = f.patient_id
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
WHERE f.state = 'absent' AND f.backfill_id IS NULL AND p.removed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM fetches n
                  WHERE n.patient_id = f.patient_id AND n.id > f.id AND n.state <> 'superseded' AND n.backfill_id IS NULL)
  AND newest_document_at IS NOT NULL;

CREATE VIEW held AS                    -- charts that shrank: the one before stays the latest until an operator accepts or the next occurrence confirms it
SELECT t.tenant, a.account, d.patient_id, d.id AS document_id, d.window_start, d.window_end, d.sections, d.entries,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS since
FROM documents d
JOIN patients p ON p.id = d.patient_id
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
WHERE d.status IN ('quarantined', 'shrunk') AND d.status = 'shrunk' AND p.removed_at IS NULL
  AND NOT EXISTS (                     -- what came later, whole again, leaves it behind
    SELECT 1 FROM documents n
    WHERE n.patient_id = d.patient_id AND n.window_start IS NULL AND d.window_start IS NULL
      AND n.status IN ('accepted', 'unchanged') AND (n.fetched_at, n.id) > (d.fetched_at, d.id))
  AND NOT EXISTS (
    SELECT 1 FROM documents n
    WHERE n.patient_id = d.patient_id AND n.window_start = d.window_start AND n.window_end = d.window_end
      AND n.status IN ('accepted', 'unchanged') AND (n.fetched_at, n.id) > (d.fetched_at, d.id));

CREATE VIEW same_person AS             -- patients of a tenant whose documents name the same person; no error, but somebody may want to know
SELECT t.tenant, i.patient_id, i.id AS identity_id, o.patient_id AS other_patient_id
FROM identities i
JOIN identities o ON o.digest = i.digest AND o.persons = i.persons AND o.patient_id > i.patient_id AND o.standing = 'accepted'
JOIN patients p ON p.id = i.patient_id
JOIN patients q ON q.id = o.patient_id AND q.tenant_id = p.tenant_id
JOIN tenants t ON t.id = p.tenant_id
WHERE i.standing = 'accepted' AND i.persons <> '[]' AND p.removed_at IS NULL AND q.removed_at IS NULL;

CREATE VIEW recent_runs AS             -- newest first
SELECT id AS run_id, job, kind, strftime('%Y-%m-%dT%H:%M:%fZ', occurrence_at / 1000.0, 'unixepoch') AS occurrence_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS ended_at, exit_code,
       receipt ->> '$.total.roster' AS roster, receipt ->> '$.total.due' AS due, receipt ->> '$.total.resting' AS resting,
       receipt ->> '$.total.done' AS done, receipt ->> '$.total.absent' AS absent, receipt ->> '$.total.waiting' AS waiting,
       receipt ->> '$.total.dead' AS dead, receipt ->> '$.total.quarantined' AS quarantined, receipt ->> '$.total.not_tried' AS not_tried
FROM runs ORDER BY id DESC;

CREATE VIEW backfill_progress AS       -- one line for each backfill: what it asks for, and how far its windows have become fetches
SELECT b.id AS backfill_id, b.job, b.from_date, b.to_date, b.every, b.window_order, b.tenant, b.account, b.patients_digest IS NOT NULL AS for_a_list,
       strftime('%Y-%m-%dT%H:%M:%fZ', b.asked_at / 1000.0, 'unixepoch') AS asked_at, count(w.tenant_id) AS tenants, count(w.ended_at) AS tenants_through,
       CASE b.window_order WHEN 'newest_first' THEN max(CASE WHEN w.ended_at IS NULL THEN w.window_start END)
                           ELSE min(CASE WHEN w.ended_at IS NULL THEN w.window_start END) END AS window_start, -- the window of the tenant that is least far
       coalesce(sum(w.resting), 0) AS resting, coalesce(sum(w.blocked), 0) AS blocked
FROM backfills b LEFT JOIN backfill_passes w ON w.backfill_id = b.id
GROUP BY b.id;

CREATE VIEW tenant_freshness AS        -- one line for each tenant: how old is the oldest chart of those who can be had?
WITH latest AS MATERIALIZED (          -- of each patient, from indexes alone where possible: there may be a million
    SELECT p.tenant_id, p.first_seen_at,
           (SELECT max(w.fetched_at) FROM documents w
            WHERE w.patient_id = p.id AND w.window_start IS NULL AND w.status IN ('accepted', 'unchanged')) AS fetched_at,
           (SELECT f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') FROM fetches f
            WHERE f.patient_id = p.id AND f.backfill_id IS NULL ORDER BY f.id DESC LIMIT 1) AS cannot_be_had
    FROM patients p
    WHERE p.removed_at IS NULL)
SELECT t.tenant, count(*) AS patients, count(l.fetched_at) AS with_document, count(*) - count(l.fetched_at) AS without_document,
       strftime('%Y-%m-%dT%H:%M:%fZ', min(l.fetched_at) / 1000.0, 'unixepoch') AS oldest_document_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', max(l.fetched_at) / 1000.0, 'unixepoch') AS newest_document_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', min(CASE WHEN l.fetched_at IS NULL THEN l.first_seen_at END) / 1000.0, 'unixepoch')
           AS without_document_since
FROM latest l
JOIN tenants t ON t.id = l.tenant_id
WHERE NOT coalesce(l.cannot_be_had, false)
GROUP BY t.id;
