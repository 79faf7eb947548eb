-- Which documents say the same: digests of their content, and what changed between two of them.

-- For which documents do the rows of this one stand?
CREATE INDEX documents_by_content ON documents (content_document_id);

DROP VIEW latest_documents_all;
CREATE VIEW latest_documents_all AS    -- the whole chart of each patient that was accepted last, of removed patients too
SELECT t.tenant, a.account, p.id AS patient_id, p.patient_token, p.extra, p.removed_at IS NOT NULL AS removed, -- 1: no roster names the patient any more
       d.id AS document_id, d.body_id, d.status, strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
       d.document_root, d.document_extension, d.code, d.title, d.effective_time, d.effective_time_raw, d.mrn_root, d.mrn_extension,
       d.sections, d.entries, d.warnings, d.content_document_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', c.fetched_at / 1000.0, 'unixepoch') AS content_since -- when the first document came that says the same
FROM patients p
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
JOIN documents d ON d.id = (
    SELECT w.id FROM documents w
    WHERE w.patient_id = p.id AND w.window_start IS NULL AND w.status IN ('accepted', 'unchanged')
    ORDER BY w.fetched_at DESC, w.id DESC LIMIT 1)
JOIN documents c ON c.id = d.content_document_id;

DROP VIEW latest_windows;
CREATE VIEW latest_windows AS          -- for each patient and exact window the document that was accepted last
SELECT t.tenant, a.account, p.id AS patient_id, p.patient_token, p.extra, d.window_start, d.window_end,
       d.id AS document_id, d.body_id, d.status, strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
       d.document_root, d.document_extension, d.code, d.title, d.effective_time, d.effective_time_raw, d.mrn_root, d.mrn_extension,
       d.sections, d.entries, d.warnings, d.content_document_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', c.fetched_at / 1000.0, 'unixepoch') AS content_since -- when the first document came that says the same
FROM documents d
JOIN documents c ON c.id = d.content_document_id
JOIN patients p ON p.id = d.patient_id
JOIN tenants t ON t.id = p.tenant_id
JOIN accounts a ON a.id = p.account_id
WHERE p.removed_at IS NULL AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged')
  AND NOT EXISTS (
    SELECT 1 FROM documents n
    WHERE n.patient_id = d.patient_id AND n.window_start = d.window_start AND n.window_end = d.window_end
      AND n.status IN ('accepted', 'unchanged') AND (n.fetched_at, n.id) > (d.fetched_at, d.id));

CREATE VIEW document_changes AS        -- what differs between each document that is filed and the one before of the same patient and window: a line for each section
WITH versions AS NOT MATERIALIZED (    -- whole charts and windows apart, because each has its index
    SELECT d.id, d.patient_id, d.content_document_id AS new_id,
           (SELECT w.id FROM documents w
            WHERE w.patient_id = d.patient_id AND w.window_start IS NULL AND w.status IN ('accepted', 'unchanged')
              AND (w.fetched_at, w.id) < (d.fetched_at, d.id)
            ORDER BY w.fetched_at DESC, w.id DESC LIMIT 1) AS before_id
    FROM documents d
    WHERE d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')
    UNION ALL
    SELECT d.id, d.patient_id, d.content_document_id AS new_id,
           (SELECT w.id FROM documents w
            WHERE w.patient_id = d.patient_id AND w.window_start = d.window_start AND w.window_end = d.window_end
              AND w.status IN ('accepted', 'unchanged') AND (w.fetched_at, w.id) < (d.fetched_at, d.id)
            ORDER BY w.fetched_at DESC, w.id DESC LIMIT 1)
    FROM documents d
    WHERE d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged')),
pairs AS NOT MATERIALIZED (            -- of the documents whose rows stand for the two
    SELECT v.id, v.patient_id, v.before_id, n.id AS new_id, o.id AS old_id, n.digest_rules = o.digest_rules AS is_comparable,
           n.content_digest <> o.content_digest AS differs, n.outside_digest <> o.outside_digest AS differs_outside
    FROM versions v
    CROSS JOIN documents w ON w.id = v.before_id AND w.content_document_id <> v.new_id
    CROSS JOIN documents n ON n.id = v.new_id
    CROSS JOIN documents o ON o.id = w.content_document_id),
changes AS NOT MATERIALIZED (          -- without a GROUP BY, so that the changes of one patient are found without looking at the others
    SELECT p.patient_id, p.id, p.before_id,
           CASE WHEN s.document_id = p.old_id THEN 'gone'
                WHEN EXISTS (SELECT 1 FROM sections o
                             WHERE o.document_id = p.old_id AND coalesce(o.name, o.code, o.title) IS coalesce(s.name, s.code, s.title)) THEN 'changed'
                ELSE 'new' END AS change,
           s.name, s.code, s.title
    FROM pairs p CROSS JOIN sections s ON s.document_id IN (p.new_id, p.old_id)
    WHERE p.is_comparable AND p.differs
      AND NOT EXISTS (                 -- of all sections of a kind in both, the first of the newer document
        SELECT 1 FROM sections f
        WHERE f.document_id IN (p.new_id, p.old_id) AND coalesce(f.name, f.code, f.title) IS coalesce(s.name, s.code, s.title)
          AND (f.document_id = p.old_id, f.seq) < (s.document_id = p.old_id, s.seq))
      AND (SELECT group_concat(hex(content_digest)) FROM ( -- what all sections of the kind say, in whatever order
             SELECT o.content_digest FROM sections o
             WHERE o.document_id = p.new_id AND coalesce(o.name, o.code, o.title) IS coalesce(s.name, s.code, s.title) ORDER BY 1))
          IS NOT
          (SELECT group_concat(hex(content_digest)) FROM (
             SELECT o.content_digest FROM sections o
             WHERE o.document_id = p.old_id AND coalesce(o.name, o.code, o.title) IS coalesce(s.name, s.code, s.title) ORDER BY 1))
    UNION ALL
    SELECT patient_id, id, before_id, 'changed', 'header', NULL, NULL FROM pairs WHERE is_comparable AND differs_outside
    UNION ALL                          -- the same sections, in another order or one within another
    SELECT p.patient_id, p.id, p.before_id, 'moved', NULL, NULL, NULL FROM pairs p
    WHERE p.is_comparable AND p.differs AND NOT p.differs_outside
      AND (SELECT group_concat(hex(content_digest)) FROM (SELECT o.content_digest FROM sections o WHERE o.document_id = p.new_id ORDER BY 1))
          IS (SELECT group_concat(hex(content_digest)) FROM (SELECT o.content_digest FROM sections o WHERE o.document_id = p.old_id ORDER BY 1))
    UNION ALL                          -- digests are missing, or other rules made them: nobody knows
    SELECT patient_id, id, before_id, 'unknown', NULL, NULL, NULL FROM pairs WHERE NOT coalesce(is_comparable, false))
SELECT t.tenant, a.account, x.patient_id, p.patient_token, d.window_start, d.window_end, x.id AS document_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch') AS fetched_at, x.before_id,
       x.change,                       -- new, gone, changed; moved where the same sections stand in another order; unknown where the two cannot be compared
       x.name,                         -- the section's, as in sections; header for what stands outside of all sections
       x.code,                         -- the section's, as in sections
       x.title                         -- the section's, as in sections
FROM changes x                         -- first, so that the first of them are there before the last are known
CROSS JOIN documents d ON d.id = x.id
CROSS JOIN patients p ON p.id = x.patient_id
CROSS JOIN tenants t ON t.id = p.tenant_id
CROSS JOIN accounts a ON a.id = p.account_id
WHERE p.removed_at IS NULL;
