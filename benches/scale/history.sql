-- Ten nights of a roster that a run has taken over and planned, as the program itself would have left them, in sets instead of one by one.
-- Given are the table `size` (patients, nights, today: the first instant of the present day), bodies with the patients' row ids, and the
-- database `charts` of the demo, whose clinical rows every hundredth patient gets.

-- The nights, the last of them yesterday's.
CREATE TEMP TABLE nights AS
WITH RECURSIVE night (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM night, size WHERE number + 1 < size.nights)
SELECT number, number = nights - 1 AS is_last, today - (nights - number) * 86400000 AS at, 1000 + number AS run_id FROM night, size;

-- What becomes of each patient: row ids end in 00 to 99.
CREATE TEMP TABLE mix AS
SELECT p.id, p.tenant_id, p.account_id,
       CASE WHEN p.tenant_id = (SELECT max(id) FROM tenants) THEN 'tenant_suspended'
            WHEN p.account_id = (SELECT min(id) FROM accounts) THEN 'account_suspended'
            ELSE CASE p.id % 100
                 WHEN 0 THEN 'absent'      -- never known to the server
                 WHEN 1 THEN 'vanished'    -- known for the first half of the nights
                 WHEN 2 THEN 'dead'        -- a body that is refused, every night
                 WHEN 3 THEN 'denied'      -- asked again every seven nights
                 WHEN 4 THEN 'quarantined' -- another person's chart in the last night
                 WHEN 5 THEN 'waiting'     -- to be tried again after the last night
                 WHEN 6 THEN 'held'        -- a chart that shrank in the last night
                 WHEN 7 THEN 'removed'     -- named for the first half of the nights
                 WHEN 8 THEN 'windows'     -- a year of months was backfilled too
                 ELSE 'done' END
       END AS kind,
       -- One in fifty has something new to say in each night but the first.
       (SELECT number FROM nights WHERE number > 0 AND (p.id / 100 + 37 * number) % 50 = 0) AS changed_in
FROM patients p;

-- What the run had planned that took the roster over.
DELETE FROM attempts;
DELETE FROM fetches;
UPDATE runs SET ended_at = started_at, occurrence_at = occurrence_at - 100 * 86400000, fetches_above = NULL, plan_digest = NULL;

UPDATE tenants SET state = 'suspended', state_reason = 'rejected_client', state_since = n.at, next_try_at = n.at + 30 * 86400000, rejections = 1,
                   rejected_mac = x'00'
FROM nights n WHERE n.is_last AND id = (SELECT max(id) FROM tenants);
UPDATE accounts SET state = 'suspended', state_reason = 'rejected_login', state_since = n.at, next_try_at = n.at + 30 * 86400000, rejections = 1,
                    rejected_mac = x'00'
FROM nights n WHERE n.is_last AND id = (SELECT min(id) FROM accounts);

INSERT INTO runs (id, job, kind, occurrence_at, started_at, ended_at, exit_code, receipt, process, version)
SELECT n.run_id, 'scale', 'nightly', n.at, n.at + 8100000, n.at + 28800000, 75,
       json_object('total', json_object('roster', s.patients, 'due', s.patients, 'resting', 0, 'done', s.patients, 'absent', 0, 'waiting', 0,
                                        'dead', 0, 'quarantined', 0, 'not_tried', 0)), 'host, process 1', '0'
FROM nights n, size s;

INSERT INTO identities (id, patient_id, standing, persons, digest)
SELECT id, id, 'accepted', json_array(json_object('ids', json_array(json_array('1.2.3', 'M' || id)))), id FROM mix WHERE kind <> 'absent'
UNION ALL
SELECT id + (SELECT patients FROM size), id, 'quarantined', json_array(json_object('ids', json_array(json_array('1.2.3', 'X' || id)))), -id
FROM mix WHERE kind = 'quarantined';

-- What each night brought, by night and patient: the row ids of fetch, attempt and document are the same number.
CREATE TEMP TABLE outcomes AS
SELECT n.number * s.patients + m.id AS id, m.id AS patient_id, m.tenant_id, m.account_id, m.kind, n.number, n.is_last, n.at, n.run_id,
       n.at + 8100000 + m.id % 20000000 AS settled_at, m.changed_in,
       CASE m.kind
            WHEN 'absent' THEN 'absent'
            WHEN 'vanished' THEN iif(n.number * 2 < s.nights, 'done', 'absent')
            WHEN 'dead' THEN 'dead'
            WHEN 'denied' THEN 'dead'
            WHEN 'quarantined' THEN iif(n.is_last, 'quarantined', 'done')
            WHEN 'waiting' THEN iif(n.is_last, 'waiting', 'done')
            WHEN 'account_suspended' THEN iif(n.is_last, 'pending', 'done')
            WHEN 'tenant_suspended' THEN iif(n.is_last, 'pending', 'done')
            ELSE 'done' END AS state,
       CASE WHEN m.kind = 'dead' THEN 'malformed' WHEN m.kind = 'denied' THEN 'denied'
            WHEN m.kind = 'quarantined' AND n.is_last THEN 'identity_mismatch' WHEN m.kind = 'waiting' AND n.is_last THEN 'server_error' END AS reason
FROM nights n CROSS JOIN mix m, size s
WHERE (m.kind <> 'denied' OR n.number % 7 = 0) AND (m.kind <> 'removed' OR n.number * 2 < s.nights);

-- A patient's first document stands for all that follow, and all of them have its small body.
INSERT INTO documents (id, patient_id, body_id, run_id, status, reason, fetched_at, code, title, effective_time, identity_id, sections, entries,
                       outline, content_document_id, rules_version, content_digest, outside_digest, digest_rules)
SELECT o.id, o.patient_id, o.patient_id, o.run_id,
       CASE WHEN o.state = 'quarantined' THEN 'quarantined' WHEN o.kind = 'held' AND o.is_last THEN 'shrunk'
            WHEN o.number = 0 OR o.number = o.changed_in THEN 'accepted' ELSE 'unchanged' END,
       o.reason, o.settled_at, '34133-9', 'Continuity of Care Document', '2026-01-31', o.patient_id + iif(o.state = 'quarantined', s.patients, 0),
       0, 0, '{}',
       CASE WHEN o.number = 0 OR o.state = 'quarantined' OR (o.kind = 'held' AND o.is_last) THEN o.id
            WHEN o.number >= o.changed_in THEN o.changed_in * s.patients + o.patient_id ELSE o.patient_id END,
       iif(o.is_new, 1, NULL), iif(o.is_new, unhex(printf('%064x', o.id)), NULL), iif(o.is_new, zeroblob(32), NULL), iif(o.is_new, 1, NULL)
FROM (SELECT *, state = 'done' AND (number = 0 OR number IS changed_in) AND NOT (kind = 'held' AND is_last) AS is_new FROM outcomes) o, size s
WHERE o.state IN ('done', 'quarantined');

INSERT INTO fetches (id, patient_id, tenant_id, job, occurrence_at, state, reason, attempts, due_at, turn_at, run_id, sends, changed_at, document_id)
SELECT id, patient_id, tenant_id, 'scale', at, state, reason, state <> 'pending', iif(state = 'waiting', settled_at + 86400000, NULL), number,
       run_id, state <> 'pending', settled_at, iif(state IN ('done', 'quarantined'), id, NULL)
FROM outcomes;

INSERT INTO attempts (id, run_id, fetch_id, account_id, kind, started_at, duration_ms, http_status, outcome, reason, bytes)
SELECT id, run_id, id, account_id, 'document', settled_at, 120,
       CASE state WHEN 'absent' THEN 404 WHEN 'waiting' THEN 500 ELSE iif(reason = 'denied', 403, 200) END,
       CASE state WHEN 'absent' THEN 'absent' WHEN 'waiting' THEN 'passing' WHEN 'dead' THEN 'permanent' ELSE 'ok' END, reason, 33000
FROM outcomes WHERE state <> 'pending';

-- Logins: one an account and night.
INSERT INTO attempts (run_id, account_id, kind, started_at, duration_ms, http_status, outcome, bytes)
SELECT n.run_id, a.id, 'token', n.at + 8100000, 80, 200, 'ok', 1500 FROM nights n CROSS JOIN accounts a;

UPDATE patients SET removed_at = n.at FROM nights n
WHERE n.is_last AND patients.id IN (SELECT id FROM mix WHERE kind = 'removed');
DELETE FROM job_patients WHERE (tenant_id, patient_id) IN (SELECT tenant_id, id FROM mix WHERE kind = 'removed');

-- A year of months for a hundredth of the patients.
INSERT INTO backfills (id, job, from_date, to_date, every, window_order, asked_at)
SELECT 1, 'scale', '2025-01-01', '2025-12-31', 'month', 'newest_first', at FROM nights WHERE number = 0;
INSERT INTO backfill_passes (backfill_id, tenant_id, up_to, roster_digest, ended_at) SELECT 1, id, '2025-12-31', x'00', 1 FROM tenants;
INSERT INTO runs (id, job, kind, backfill_id, occurrence_at, started_at, ended_at, exit_code, process, version)
SELECT 999, 'scale', 'backfill', 1, at, at, at, 0, 'host, process 1', '0' FROM nights WHERE number = 0;
CREATE TEMP TABLE months AS
WITH RECURSIVE month (first) AS (SELECT '2025-01-01' UNION ALL SELECT date(first, '+1 month') FROM month WHERE first < '2025-12-01')
SELECT (s.nights + 1) * s.patients + row_number() OVER (ORDER BY m.id, first) AS id, m.id AS patient_id, m.tenant_id, first,
       date(first, '+1 month', '-1 day') AS last, n.at
FROM mix m, month, size s, nights n WHERE m.kind = 'windows' AND n.number = 0;
INSERT INTO documents (id, patient_id, body_id, run_id, status, fetched_at, window_start, window_end, identity_id, sections, entries, outline,
                       content_document_id, rules_version, content_digest, outside_digest, digest_rules)
SELECT id, patient_id, patient_id, 999, 'accepted', at, first, last, patient_id, 0, 0, '{}', id, 1, zeroblob(32), zeroblob(32), 1 FROM months;
INSERT INTO fetches (id, patient_id, tenant_id, job, backfill_id, occurrence_at, window_start, window_end, state, attempts, run_id, sends, changed_at,
                     document_id)
SELECT id, patient_id, tenant_id, 'scale', 1, at, first, last, 'done', 1, 999, 1, at, id FROM months;

-- Whose clinical rows are real.
CREATE TEMP TABLE copies AS
SELECT v.id AS document_id, c.id AS chart_id
FROM outcomes v JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS number FROM charts.documents WHERE status = 'accepted') c
  ON c.place = (v.patient_id / 100 + v.number) % c.number
WHERE v.patient_id % 100 = 50 AND (v.number = 0 OR v.number = v.changed_in);
