-- Whom the exporter asks for: tenants, their accounts, the patients whom these reach, and the jobs that name them.
-- Comments stand inside the statements, because SQLite keeps only those: `.schema` shows them as the data dictionary.
-- Every instant is an integer, milliseconds since 1970-01-01 UTC; views show them as ISO 8601.

CREATE TABLE tenants (
    id           INTEGER PRIMARY KEY,
    tenant       TEXT NOT NULL UNIQUE, -- the organisation's id at the EHR, as its tokens name it
    state        TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'resting', 'suspended')),
                                       -- resting: left alone for the rest of a run; suspended: until next_try_at or new credentials
    state_reason TEXT,                 -- why it is not active, in the words of attempts.reason
    state_since  INTEGER,
    next_try_at  INTEGER,              -- suspended: when one token request may be made again
    rejections   INTEGER NOT NULL DEFAULT 0, -- rejected logins since the last accepted one
    rejected_mac BLOB                  -- HMAC-SHA-256 of the client's credentials that were rejected, so that new ones are noticed
) STRICT;

CREATE TABLE accounts (
    id           INTEGER PRIMARY KEY,
    tenant_id    INTEGER NOT NULL REFERENCES tenants (id),
    account      TEXT NOT NULL,        -- the operator's id of this user of the tenant, never the user name
    state        TEXT NOT NULL DEFAULT 'active' CHECK (state = 'active' OR state = 'resting' OR state = 'suspended'),
    state_reason TEXT,
    state_since  INTEGER,
    next_try_at  INTEGER,
    rejections   INTEGER NOT NULL DEFAULT 0,
    rejected_mac BLOB,
    UNIQUE (tenant_id, account)
) STRICT;

-- Who may not log in now: few of very many.
CREATE INDEX accounts_stopped ON accounts (id) WHERE state <> 'active';

CREATE TABLE patients (
    id            INTEGER PRIMARY KEY, -- names this patient in commands and logs; means something in this file only
    tenant_id     INTEGER NOT NULL REFERENCES tenants (id),
    account_id    INTEGER NOT NULL REFERENCES accounts (id), -- how the patient is reached now; may change
    patient_token TEXT NOT NULL,       -- the EHR's identifier of the patient (PHI)
    extra         TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(extra)), -- the roster's own columns, a JSON object
    first_seen_at INTEGER NOT NULL,    -- when a roster first named the patient
    changed_at    INTEGER NOT NULL,    -- when the roster's line last changed
    removed_at    INTEGER,             -- when the roster stopped naming the patient; documents stay
    document_at   INTEGER,             -- when the latest whole chart was asked for; NULL: there is none
    has_window    INTEGER NOT NULL DEFAULT 0 CHECK (has_window IN (0, 1)), -- 1: a document of a date window is filed
    away          TEXT CHECK (away IN ('absent', 'denied')), -- why the patient cannot be had, as the newest fetch of a night ended; NULL: can be
    away_since    INTEGER,             -- since when that fetch says so
    UNIQUE (tenant_id, patient_token)
) STRICT;

-- Deleting or moving an account looks for its patients.
CREATE INDEX patients_by_account ON patients (account_id);

CREATE TABLE jobs (
    job             TEXT PRIMARY KEY,  -- the job's name
    roster_digest   BLOB,              -- SHA-256 of the patients' lines as they were last taken over
    accepted_digest BLOB               -- the same of a roster that an operator accepted although many vanished
) STRICT, WITHOUT ROWID;

CREATE TABLE job_patients (            -- whom the job's roster names now
    job        TEXT NOT NULL REFERENCES jobs (job),
    tenant_id  INTEGER NOT NULL REFERENCES tenants (id),
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    PRIMARY KEY (job, tenant_id, patient_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstones (              -- who was forgotten, so that a roster which still names them does not bring them back
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32), -- SHA-256 of the tenant's name and the patient token, or of the tenant's name alone; who
                                       -- is meant can be recognised, not read
    at     INTEGER NOT NULL            -- when they were forgotten
) STRICT, WITHOUT ROWID;
