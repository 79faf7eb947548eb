-- How things stand, in numbers that are kept while it changes: with a million patients, `status` and the views below would take seconds to count it.
--
-- Triggers keep them, whoever writes. A claim costs one of them, an accepted document another; the rest is of the few fetches that are not through. Who
-- writes very many new rows counts them in sets (bulk_writes). `verify` counts everything again.
--
-- Conditions that are looked at for each row (CHECK, WHEN, WHERE of an index) compare with one word after the other: SQLite makes a table of its own of a
-- list of three and more words after IN, for every row anew.

CREATE TABLE patient_counts (          -- so many patients of a tenant, of those whom a roster names
    tenant_id     INTEGER PRIMARY KEY REFERENCES tenants (id),
    patients      INTEGER NOT NULL,    -- who can be had: neither absent nor denied
    with_document INTEGER NOT NULL,    -- those of them who have a whole chart
    vanished      INTEGER NOT NULL     -- who are absent and have documents
) STRICT;

CREATE TABLE pending_counts (          -- so many fetches were not tried yet
    tenant_id  INTEGER NOT NULL REFERENCES tenants (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id), -- through whom their patients are reached
    fetches    INTEGER NOT NULL,    -- how many
    PRIMARY KEY (tenant_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bulk_writes (             -- has a row while somebody writes many new patients or fetches and counts them in sets; committed, it has none
    id INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE failing_counts (          -- so many fetches wait, are dead or quarantined, and are not behind
    tenant_id INTEGER NOT NULL REFERENCES tenants (id),
    state     TEXT NOT NULL,           -- as in fetches
    reason    TEXT NOT NULL,           -- as in fetches; empty: none
    fetches   INTEGER NOT NULL,    -- how many
    PRIMARY KEY (tenant_id, state, reason)
) STRICT, WITHOUT ROWID;

-- Who is no more away when a night asks again.
CREATE INDEX patients_away ON patients (tenant_id) WHERE away IS NOT NULL;
-- The oldest and the newest chart of those who can be had, and who of them has waited longest for one.
CREATE INDEX patients_by_document ON patients (tenant_id, document_at, first_seen_at) WHERE removed_at IS NULL AND away IS NULL;
-- The view `vanished`.
CREATE INDEX patients_vanished ON patients (tenant_id, away_since)
    WHERE away = 'absent' AND removed_at IS NULL AND (document_at IS NOT NULL OR has_window = 1);
-- The view `failing`; what of a patient a new fetch leaves behind.
CREATE INDEX fetches_failing ON fetches (patient_id, behind) WHERE state = 'waiting' OR state = 'dead' OR state = 'quarantined';
-- The view `same_person`.
CREATE INDEX identities_shared ON identities (digest) WHERE shared = 1;
-- Since when do fetches fail so? Who rests?
CREATE INDEX fetches_failing_since ON fetches (tenant_id, state, reason, behind, changed_at)
    WHERE state = 'waiting' OR state = 'dead' OR state = 'quarantined';
-- When is the next of them tried again, and how many later than now?
CREATE INDEX fetches_waiting ON fetches (tenant_id, due_at, reason) WHERE state = 'waiting' AND behind = 0;

-- patient_counts follow the patients.

CREATE TRIGGER patients_are_counted AFTER INSERT ON patients WHEN NOT EXISTS (SELECT 1 FROM bulk_writes) BEGIN
    INSERT INTO patient_counts (tenant_id, patients, with_document, vanished)
    VALUES (new.tenant_id, new.removed_at IS NULL AND new.away IS NULL, new.removed_at IS NULL AND new.away IS NULL AND new.document_at IS NOT NULL,
            new.removed_at IS NULL AND new.away IS 'absent' AND (new.document_at IS NOT NULL OR new.has_window))
    ON CONFLICT (tenant_id) DO UPDATE
    SET patients = patients + excluded.patients, with_document = with_document + excluded.with_document, vanished = vanished + excluded.vanished;
END;
CREATE TRIGGER patients_are_counted_off AFTER DELETE ON patients BEGIN
    UPDATE patient_counts
    SET patients = patients - (old.removed_at IS NULL AND old.away IS NULL),
        with_document = with_document - (old.removed_at IS NULL AND old.away IS NULL AND old.document_at IS NOT NULL),
        vanished = vanished - (old.removed_at IS NULL AND old.away IS 'absent' AND (old.document_at IS NOT NULL OR old.has_window))
    WHERE tenant_id = old.tenant_id;
END;
CREATE TRIGGER patients_are_counted_anew AFTER UPDATE OF document_at, has_window, away, removed_at ON patients
WHEN (old.document_at IS NULL) <> (new.document_at IS NULL) OR old.has_window <> new.has_window OR old.away IS NOT new.away
     OR (old.removed_at IS NULL) <> (new.removed_at IS NULL) BEGIN
    UPDATE patient_counts
    SET patients = patients + (new.removed_at IS NULL AND new.away IS NULL) - (old.removed_at IS NULL AND old.away IS NULL),
        with_document = with_document + (new.removed_at IS NULL AND new.away IS NULL AND new.document_at IS NOT NULL)
                                      - (old.removed_at IS NULL AND old.away IS NULL AND old.document_at IS NOT NULL),
        vanished = vanished + (new.removed_at IS NULL AND new.away IS 'absent' AND (new.document_at IS NOT NULL OR new.has_window))
                            - (old.removed_at IS NULL AND old.away IS 'absent' AND (old.document_at IS NOT NULL OR old.has_window))
    WHERE tenant_id = new.tenant_id;
END;

-- Patients follow their documents.

CREATE TRIGGER documents_are_noted AFTER INSERT ON documents WHEN new.status IN ('accepted', 'unchanged') BEGIN
    UPDATE patients
    SET document_at = CASE WHEN new.window_start IS NULL THEN max(coalesce(document_at, 0), new.fetched_at) ELSE document_at END,
        has_window = has_window OR new.window_start IS NOT NULL
    WHERE id = new.patient_id AND (new.window_start IS NULL OR has_window = 0);
END;
CREATE TRIGGER documents_are_filed_anew AFTER UPDATE OF status, fetched_at ON documents
WHEN (old.status IN ('accepted', 'unchanged')) <> (new.status IN ('accepted', 'unchanged')) OR old.fetched_at <> new.fetched_at BEGIN
    UPDATE patients
    SET document_at = (SELECT max(d.fetched_at) FROM documents d
                       WHERE d.patient_id = new.patient_id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')),
        has_window = EXISTS (SELECT 1 FROM documents d
                             WHERE d.patient_id = new.patient_id AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged'))
    WHERE id = new.patient_id;
END;
CREATE TRIGGER documents_are_undated AFTER DELETE ON documents WHEN old.status IN ('accepted', 'unchanged') BEGIN
    UPDATE patients
    SET document_at = (SELECT max(d.fetched_at) FROM documents d
                       WHERE d.patient_id = old.patient_id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')),
        has_window = EXISTS (SELECT 1 FROM documents d
                             WHERE d.patient_id = old.patient_id AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged'))
    WHERE id = old.patient_id;
END;

-- And their fetches: who cannot be had. Most fetches change nobody, and then no row of patients is written.

CREATE TRIGGER deleted_fetches_say_nothing AFTER DELETE ON fetches WHEN old.backfill_id IS NULL AND old.state <> 'superseded' BEGIN
    UPDATE patients SET (away, away_since) =
        (SELECT CASE WHEN f.state = 'absent' THEN 'absent' WHEN f.state = 'dead' AND f.reason = 'denied' THEN 'denied' END,
                CASE WHEN f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') THEN f.changed_at END
         FROM fetches f WHERE f.patient_id = old.patient_id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1)
    WHERE id = old.patient_id AND (away, away_since) IS NOT
        (SELECT CASE WHEN f.state = 'absent' THEN 'absent' WHEN f.state = 'dead' AND f.reason = 'denied' THEN 'denied' END,
                CASE WHEN f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') THEN f.changed_at END
         FROM fetches f WHERE f.patient_id = old.patient_id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1);
END;

-- pending_counts.

CREATE TRIGGER pending_are_counted AFTER INSERT ON fetches WHEN new.state = 'pending' AND NOT EXISTS (SELECT 1 FROM bulk_writes) BEGIN
    INSERT INTO pending_counts (tenant_id, account_id, fetches) SELECT tenant_id, account_id, 1 FROM patients WHERE id = new.patient_id
    ON CONFLICT DO UPDATE SET fetches = fetches + 1;
END;
CREATE TRIGGER pending_are_counted_off AFTER DELETE ON fetches WHEN old.state = 'pending' BEGIN
    UPDATE pending_counts SET fetches = fetches - 1
    WHERE tenant_id = old.tenant_id AND account_id = (SELECT account_id FROM patients WHERE id = old.patient_id);
END;
CREATE TRIGGER pending_are_tried AFTER UPDATE OF state ON fetches WHEN old.state = 'pending' AND new.state <> 'pending' BEGIN
    UPDATE pending_counts SET fetches = fetches - 1
    WHERE tenant_id = old.tenant_id AND account_id = (SELECT account_id FROM patients WHERE id = old.patient_id);
END;
CREATE TRIGGER pending_move_with_patients AFTER UPDATE OF account_id ON patients WHEN old.account_id <> new.account_id BEGIN
    UPDATE pending_counts SET fetches = fetches - (SELECT count(*) FROM fetches f WHERE f.patient_id = new.id AND f.state = 'pending')
    WHERE tenant_id = old.tenant_id AND account_id = old.account_id;
    INSERT INTO pending_counts (tenant_id, account_id, fetches)
    SELECT new.tenant_id, new.account_id, count(*) FROM fetches f WHERE f.patient_id = new.id AND f.state = 'pending' HAVING count(*) > 0
    ON CONFLICT DO UPDATE SET fetches = fetches + excluded.fetches;
END;

-- What is behind. Each asks first whether there is any: an UPDATE of several rows that finds none still costs more than the question.

CREATE TRIGGER fetches_of_removed_patients_are_behind AFTER UPDATE OF removed_at ON patients
WHEN (old.removed_at IS NULL) <> (new.removed_at IS NULL) BEGIN
    UPDATE fetches
    SET behind = new.removed_at IS NOT NULL
                 OR EXISTS (SELECT 1 FROM fetches n
                            WHERE n.patient_id = fetches.patient_id AND n.id > fetches.id AND n.state <> 'superseded' AND n.job = fetches.job
                              AND n.window_start IS fetches.window_start AND n.window_end IS fetches.window_end)
    WHERE patient_id = new.id AND (state = 'waiting' OR state = 'dead' OR state = 'quarantined');
END;
-- Without the one that was superseded or deleted, an older one may be the newest again.
CREATE TRIGGER deleted_fetches_leave_nobody_behind AFTER DELETE ON fetches
WHEN old.state <> 'superseded'
     AND EXISTS (SELECT 1 FROM fetches o
                 WHERE o.patient_id = old.patient_id AND o.behind = 1 AND (o.state = 'waiting' OR o.state = 'dead' OR o.state = 'quarantined')) BEGIN
    UPDATE fetches SET behind = 0
    WHERE patient_id = old.patient_id AND behind = 1 AND (state = 'waiting' OR state = 'dead' OR state = 'quarantined')
      AND id < old.id AND job = old.job AND window_start IS old.window_start AND window_end IS old.window_end
      AND EXISTS (SELECT 1 FROM patients p WHERE p.id = old.patient_id AND p.removed_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM fetches n
                      WHERE n.patient_id = fetches.patient_id AND n.id > fetches.id AND n.state <> 'superseded' AND n.job = fetches.job
                        AND n.window_start IS fetches.window_start AND n.window_end IS fetches.window_end);
END;

-- failing_counts. A number may be below zero for a moment, because triggers run in no promised order.

CREATE TRIGGER failing_are_counted_off AFTER DELETE ON fetches
WHEN old.behind = 0 AND (old.state = 'waiting' OR old.state = 'dead' OR old.state = 'quarantined') BEGIN
    UPDATE failing_counts SET fetches = fetches - 1 WHERE tenant_id = old.tenant_id AND state = old.state AND reason = coalesce(old.reason, '');
END;

-- Who is named like somebody else: few, so that nobody has to look through all of them.
CREATE TRIGGER identities_may_be_shared AFTER INSERT ON identities
WHEN EXISTS (SELECT 1 FROM identities o WHERE o.digest = new.digest AND o.id <> new.id) BEGIN
    UPDATE identities SET shared = 1 WHERE digest = new.digest AND shared = 0;
END;

-- What is rare, in one trigger: SQLite sets up each one's program for every row before it asks whether it applies, and a claim and a settlement pay for
-- that. Those who are planned, claimed and done meet the condition alone.

CREATE TRIGGER fetches_that_fail_are_noted AFTER UPDATE OF state, reason, changed_at ON fetches
WHEN NOT (old.state = 'pending' OR old.state = 'leased' OR old.state = 'done') OR NOT (new.state = 'leased' OR new.state = 'done') BEGIN
    INSERT INTO failing_counts (tenant_id, state, reason, fetches)
    SELECT old.tenant_id, old.state, coalesce(old.reason, ''), -1
    WHERE (old.state = 'waiting' OR old.state = 'dead' OR old.state = 'quarantined') AND old.behind = 0
      AND (old.state, old.reason) IS NOT (new.state, new.reason)
    ON CONFLICT DO UPDATE SET fetches = fetches - 1;
    INSERT INTO failing_counts (tenant_id, state, reason, fetches)
    SELECT new.tenant_id, new.state, coalesce(new.reason, ''), 1
    WHERE (new.state = 'waiting' OR new.state = 'dead' OR new.state = 'quarantined') AND new.behind = 0
      AND (old.state, old.reason) IS NOT (new.state, new.reason)
    ON CONFLICT DO UPDATE SET fetches = fetches + 1;
    INSERT INTO pending_counts (tenant_id, account_id, fetches)
    SELECT tenant_id, account_id, 1 FROM patients WHERE id = new.patient_id AND new.state = 'pending' AND old.state <> 'pending'
    ON CONFLICT DO UPDATE SET fetches = fetches + 1;
    UPDATE fetches
    SET behind = EXISTS (SELECT 1 FROM patients p WHERE p.id = new.patient_id AND p.removed_at IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM fetches n
                            WHERE n.patient_id = new.patient_id AND n.id > new.id AND n.state <> 'superseded' AND n.job = new.job
                              AND n.window_start IS new.window_start AND n.window_end IS new.window_end)
    WHERE id = new.id AND (new.state = 'waiting' OR new.state = 'dead' OR new.state = 'quarantined')
      AND NOT (old.state = 'waiting' OR old.state = 'dead' OR old.state = 'quarantined');
    -- Without the one that was superseded, an older one may be the newest again.
    UPDATE fetches SET behind = 0
    WHERE new.state = 'superseded' AND old.state <> 'superseded' AND patient_id = new.patient_id AND behind = 1
      AND (state = 'waiting' OR state = 'dead' OR state = 'quarantined') AND id < new.id AND job = new.job
      AND window_start IS new.window_start AND window_end IS new.window_end
      AND EXISTS (SELECT 1 FROM patients p WHERE p.id = new.patient_id AND p.removed_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM fetches n
                      WHERE n.patient_id = fetches.patient_id AND n.id > fetches.id AND n.state <> 'superseded' AND n.job = fetches.job
                        AND n.window_start IS fetches.window_start AND n.window_end IS fetches.window_end);
    UPDATE patients SET (away, away_since) =
        (SELECT CASE WHEN f.state = 'absent' THEN 'absent' WHEN f.state = 'dead' AND f.reason = 'denied' THEN 'denied' END,
                CASE WHEN f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') THEN f.changed_at END
         FROM fetches f WHERE f.patient_id = new.patient_id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1)
    WHERE new.backfill_id IS NULL AND id = new.patient_id AND (away, away_since) IS NOT
        (SELECT CASE WHEN f.state = 'absent' THEN 'absent' WHEN f.state = 'dead' AND f.reason = 'denied' THEN 'denied' END,
                CASE WHEN f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') THEN f.changed_at END
         FROM fetches f WHERE f.patient_id = new.patient_id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1);
END;
CREATE TRIGGER fetches_behind_are_counted_off AFTER UPDATE OF behind ON fetches
WHEN old.behind <> new.behind AND (new.state = 'waiting' OR new.state = 'dead' OR new.state = 'quarantined') BEGIN
    INSERT INTO failing_counts (tenant_id, state, reason, fetches)
    VALUES (new.tenant_id, new.state, coalesce(new.reason, ''), iif(new.behind, -1, 1))
    ON CONFLICT DO UPDATE SET fetches = fetches + excluded.fetches;
END;
CREATE TRIGGER fetches_leave_others_behind AFTER INSERT ON fetches
WHEN new.state <> 'superseded' AND NOT EXISTS (SELECT 1 FROM bulk_writes) AND (
    EXISTS (SELECT 1 FROM fetches o
            WHERE o.patient_id = new.patient_id AND o.behind = 0 AND o.id < new.id
              AND (o.state = 'waiting' OR o.state = 'dead' OR o.state = 'quarantined'))
    OR EXISTS (SELECT 1 FROM patients p WHERE p.id = new.patient_id AND p.away IS NOT NULL)) BEGIN
    UPDATE fetches SET behind = 1
    WHERE patient_id = new.patient_id AND behind = 0 AND (state = 'waiting' OR state = 'dead' OR state = 'quarantined')
      AND id < new.id AND job = new.job AND window_start IS new.window_start AND window_end IS new.window_end;
    UPDATE patients SET away = NULL, away_since = NULL WHERE id = new.patient_id AND away IS NOT NULL AND new.backfill_id IS NULL;
END;
-- Nobody but a test or a bench writes a fetch that has ended already.
CREATE TRIGGER ended_fetches_are_noted AFTER INSERT ON fetches
WHEN NOT (new.state = 'pending' OR new.state = 'leased' OR new.state = 'done' OR new.state = 'superseded') BEGIN
    INSERT INTO failing_counts (tenant_id, state, reason, fetches)
    SELECT new.tenant_id, new.state, coalesce(new.reason, ''), 1
    WHERE new.behind = 0 AND (new.state = 'waiting' OR new.state = 'dead' OR new.state = 'quarantined')
    ON CONFLICT DO UPDATE SET fetches = fetches + 1;
    UPDATE fetches SET behind = 1
    WHERE id = new.id AND (state = 'waiting' OR state = 'dead' OR state = 'quarantined')
      AND EXISTS (SELECT 1 FROM patients p WHERE p.id = new.patient_id AND p.removed_at IS NOT NULL);
    UPDATE patients SET (away, away_since) =
        (SELECT CASE WHEN f.state = 'absent' THEN 'absent' WHEN f.state = 'dead' AND f.reason = 'denied' THEN 'denied' END,
                CASE WHEN f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') THEN f.changed_at END
         FROM fetches f WHERE f.patient_id = new.patient_id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1)
    WHERE new.backfill_id IS NULL AND id = new.patient_id AND (away, away_since) IS NOT
        (SELECT CASE WHEN f.state = 'absent' THEN 'absent' WHEN f.state = 'dead' AND f.reason = 'denied' THEN 'denied' END,
                CASE WHEN f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') THEN f.changed_at END
         FROM fetches f WHERE f.patient_id = new.patient_id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1);
END;

-- Counts go with whom they are of; without foreign keys, because who forgets people turns these off.
CREATE TRIGGER counts_go_with_accounts AFTER DELETE ON accounts BEGIN
    DELETE FROM pending_counts WHERE tenant_id = old.tenant_id AND account_id = old.id;
END;
CREATE TRIGGER counts_go_with_tenants AFTER DELETE ON tenants BEGIN
    DELETE FROM patient_counts WHERE tenant_id = old.id;
    DELETE FROM failing_counts WHERE tenant_id = old.id;
END;

DROP VIEW failing;
CREATE VIEW failing AS                 -- each fetch that is not through, why, and when it is tried again (NULL: at the next occurrence)
SELECT t.tenant, a.account, f.patient_id, f.id AS fetch_id, f.state, f.reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', f.changed_at / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%fZ', CASE WHEN f.state = 'waiting' THEN coalesce(a.next_try_at, t.next_try_at, f.due_at) END / 1000.0, 'unixepoch')
           AS next_try_at
FROM fetches f
CROSS JOIN patients p ON p.id = f.patient_id
CROSS JOIN tenants t ON t.id = p.tenant_id
CROSS JOIN accounts a ON a.id = p.account_id
WHERE (f.state = 'waiting' OR f.state = 'dead' OR f.state = 'quarantined') AND f.behind = 0
UNION ALL                              -- never tried, because the account is left alone
SELECT t.tenant, a.account, f.patient_id, f.id, f.state, coalesce(a.state_reason, t.state_reason),
       strftime('%Y-%m-%dT%H:%M:%fZ', f.changed_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(a.next_try_at, t.next_try_at) / 1000.0, 'unixepoch')
FROM accounts a CROSS JOIN patients p ON p.account_id = a.id CROSS JOIN fetches f ON f.patient_id = p.id CROSS JOIN tenants t ON t.id = p.tenant_id
WHERE a.state <> 'active' AND f.state = 'pending' AND p.removed_at IS NULL
  AND NOT EXISTS (                     -- only the newest of the patient and window
    SELECT 1 FROM fetches n
    WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.id > f.id AND n.state <> 'superseded'
      AND n.window_start IS f.window_start AND n.window_end IS f.window_end)
UNION ALL                              -- or the tenant
SELECT t.tenant, a.account, f.patient_id, f.id, f.state, t.state_reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', f.changed_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', t.next_try_at / 1000.0, 'unixepoch')
FROM tenants t JOIN fetches f ON f.tenant_id = t.id JOIN patients p ON p.id = f.patient_id JOIN accounts a ON a.id = p.account_id
WHERE t.state <> 'active' AND f.state IN ('pending', 'waiting') AND f.state = 'pending' AND a.state = 'active' AND p.removed_at IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM fetches n
    WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.id > f.id AND n.state <> 'superseded'
      AND n.window_start IS f.window_start AND n.window_end IS f.window_end);

DROP VIEW vanished;
CREATE VIEW vanished AS                -- patients who have documents and whom the server knows no more (404)
SELECT t.tenant, a.account, p.id AS patient_id,
       (SELECT f.id FROM fetches f WHERE f.patient_id = p.id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1) AS fetch_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', p.away_since / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%fZ', (
           SELECT max(fetched_at) FROM ( -- apart, because each of them has its index
               SELECT max(d.fetched_at) AS fetched_at FROM documents d
               WHERE d.patient_id = p.id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')
               UNION ALL
               SELECT max(d.fetched_at) FROM documents d
               WHERE d.patient_id = p.id AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged'))
           ) / 1000.0, 'unixepoch') AS newest_document_at,
       (SELECT count(*) FROM documents d WHERE d.patient_id = p.id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged'))
           AS documents                -- whole charts of the patient, the older ones too
FROM patients p
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
WHERE p.away = 'absent' AND p.removed_at IS NULL AND (p.document_at IS NOT NULL OR p.has_window = 1);

DROP VIEW tenant_freshness;
CREATE VIEW tenant_freshness AS        -- one line for each tenant: how old is the oldest chart of those who can be had?
SELECT t.tenant, c.patients, c.with_document, c.patients - c.with_document AS without_document,
       strftime('%Y-%m-%dT%H:%M:%fZ', (
           SELECT min(p.document_at) FROM patients p WHERE p.tenant_id = t.id AND p.removed_at IS NULL AND p.away IS NULL) / 1000.0, 'unixepoch')
           AS oldest_document_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', (
           SELECT max(p.document_at) FROM patients p WHERE p.tenant_id = t.id AND p.removed_at IS NULL AND p.away IS NULL) / 1000.0, 'unixepoch')
           AS newest_document_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', (
           SELECT min(p.first_seen_at) FROM patients p
           WHERE p.tenant_id = t.id AND p.removed_at IS NULL AND p.away IS NULL AND p.document_at IS NULL) / 1000.0, 'unixepoch')
           AS without_document_since
FROM patient_counts c
JOIN tenants t ON t.id = c.tenant_id
WHERE c.patients > 0;

DROP VIEW same_person;
CREATE VIEW same_person AS             -- patients of a tenant whose documents name the same person; no error, but somebody may want to know
SELECT t.tenant, i.patient_id, i.id AS identity_id, o.patient_id AS other_patient_id
FROM identities i
JOIN identities o ON o.digest = i.digest AND o.persons = i.persons AND o.patient_id > i.patient_id AND o.standing = 'accepted'
JOIN patients p ON p.id = i.patient_id
JOIN patients q ON q.id = o.patient_id AND q.tenant_id = p.tenant_id
JOIN tenants t ON t.id = p.tenant_id
WHERE i.shared = 1 AND i.standing = 'accepted' AND i.persons <> '[]' AND p.removed_at IS NULL AND q.removed_at IS NULL;
