-- What was done for them: runs, the fetches that they worked on, and every attempt.

CREATE TABLE backfills (               -- history that was asked for once: the rule, of which windows become fetches only as they come up
    id              INTEGER PRIMARY KEY,
    job             TEXT NOT NULL,     -- the job's name
    from_date       TEXT,              -- first date asked for, YYYY-MM-DD; NULL: whole charts, without dates
    to_date         TEXT,              -- last date asked for; NULL: until yesterday, whenever that is
    every           TEXT CHECK (every IN ('day', 'week', 'month', 'year')), -- into which units the dates are cut
    window_order    TEXT CHECK (window_order IN ('newest_first', 'oldest_first')),
    tenant          TEXT,              -- only of this tenant
    account         TEXT,              -- only of this account
    patients_digest BLOB,              -- only of the patients of a list: SHA-256 of their tokens; run_patients has who they are
    asked_at        INTEGER NOT NULL,  -- when it was first asked for: the occurrence of its fetches
    CHECK ((from_date IS NULL) = (every IS NULL) AND (from_date IS NULL) = (window_order IS NULL))
) STRICT;

CREATE TABLE backfill_passes (         -- how far a tenant's windows have come up; another pass begins where somebody or a date was passed by
    backfill_id   INTEGER NOT NULL REFERENCES backfills (id),
    tenant_id     INTEGER NOT NULL REFERENCES tenants (id),
    up_to         TEXT NOT NULL,       -- the last date of this pass
    roster_digest BLOB NOT NULL,       -- SHA-256 of the roster's patients when it began
    window_start  TEXT,                -- the window that comes up now; NULL: the whole chart
    window_end    TEXT,
    patient_id    INTEGER NOT NULL DEFAULT 0, -- the last patient for whom it has come up
    resting       INTEGER NOT NULL DEFAULT 0, -- came up in this pass for a patient who was denied lately, or whose chart killed the exporter
    blocked       INTEGER NOT NULL DEFAULT 0, -- came up in this pass while the account was left alone
    ended_at      INTEGER,             -- when everything had come up
    PRIMARY KEY (backfill_id, tenant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id            INTEGER PRIMARY KEY,
    job           TEXT NOT NULL,       -- the job's name
    kind          TEXT NOT NULL CHECK (kind IN ('nightly', 'backfill', 'check')), -- check: only to see who can log in
    backfill_id   INTEGER REFERENCES backfills (id), -- of a backfill: which
    occurrence_at INTEGER NOT NULL,    -- the time of the schedule that this run is for; of a backfill: when it was first asked for
    narrowed      INTEGER NOT NULL DEFAULT 0 CHECK (narrowed IN (0, 1)), -- 1: only for the patients in run_patients
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,             -- NULL while it goes on; of a run that died: when the next one found it
    exit_code     INTEGER,             -- NULL for a run that died
    receipt       TEXT CHECK (json_valid(receipt)), -- the counts that prove what it did, a JSON object
    process       TEXT NOT NULL,       -- host and process id that held the database
    version       TEXT NOT NULL,       -- of the exporter
    fetches_above INTEGER,             -- of a night: what it planned has row ids above this; NULL: it planned nothing
    plan_digest   BLOB,                -- of a night that planned for everybody: SHA-256 of the roster, the windows and who rests; the same again finds
                                       -- nothing to plan
    CHECK ((kind = 'backfill') = (backfill_id IS NOT NULL))
) STRICT;

-- A job's newest nightly run.
CREATE INDEX runs_by_job ON runs (job) WHERE kind = 'nightly';
-- Whom a narrowed backfill was for.
CREATE INDEX runs_by_backfill ON runs (backfill_id) WHERE backfill_id IS NOT NULL;

CREATE TABLE run_patients (            -- whom a narrowed run was for
    run_id     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    PRIMARY KEY (run_id, patient_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE fetches (
    id              INTEGER PRIMARY KEY,
    patient_id      INTEGER NOT NULL REFERENCES patients (id),
    tenant_id       INTEGER NOT NULL REFERENCES tenants (id), -- the patient's, so that tenants take turns on an index
    job             TEXT NOT NULL,
    backfill_id     INTEGER REFERENCES backfills (id), -- NULL: of the nightly plan, which no backfill moves
    occurrence_at   INTEGER NOT NULL,  -- for which time of the job's schedule; of a backfill: when that was first asked for
    window_start    TEXT,              -- first date asked for, YYYY-MM-DD; NULL: the whole chart
    window_end      TEXT,              -- last date asked for, inclusive
    state           TEXT NOT NULL CHECK (state = 'pending' OR state = 'leased' OR state = 'waiting' OR state = 'done' OR state = 'absent' OR state = 'dead'
                                           OR state = 'quarantined' OR state = 'superseded'),
    reason          TEXT,              -- why it waits or ended, in the words of attempts.reason
    attempts        INTEGER NOT NULL DEFAULT 0, -- tries whose answer spoke of this patient
    losses          INTEGER NOT NULL DEFAULT 0, -- times that the exporter died while it held this fetch
    single_attempt  INTEGER NOT NULL DEFAULT 0 CHECK (single_attempt IN (0, 1)), -- 1: the last occurrence ended in a verdict on the answer
    due_at          INTEGER,           -- waiting: when it is tried again
    turn_at         INTEGER NOT NULL DEFAULT 0, -- the order of work: when the patient last had a document or a verdict, 0 for never
    run_id          INTEGER REFERENCES runs (id), -- the run that claimed it last
    sends           INTEGER NOT NULL DEFAULT 0, -- times that this run claimed it
    account_id      INTEGER REFERENCES accounts (id), -- leased: through whom
    leased_at       INTEGER,           -- leased: since when; its request is on its way, or about to be sent
    lease_kind      TEXT,              -- leased: document or replay
    changed_at      INTEGER NOT NULL,  -- when it came into this state
    document_id     INTEGER REFERENCES documents (id), -- done or quarantined: what it brought
    behind          INTEGER NOT NULL DEFAULT 0 CHECK (behind IN (0, 1)), -- of what waits, is dead or quarantined: 1: a later fetch of this patient, job
                                       -- and window is there, or no roster names the patient
    CHECK ((window_start IS NULL) = (window_end IS NULL)),
    CHECK (state <> 'done' OR document_id IS NOT NULL), -- retention lets a document's body go, never its row
    CHECK (state <> 'waiting' OR due_at IS NOT NULL)
) STRICT;

-- The order of work in each tenant, and what is due there next.
CREATE INDEX fetches_to_do ON fetches (tenant_id, job, backfill_id, turn_at, id) WHERE state IN ('pending', 'waiting');
CREATE INDEX fetches_due ON fetches (tenant_id, job, backfill_id, due_at) WHERE state = 'waiting';
-- What a dead run left behind.
CREATE INDEX fetches_leased ON fetches (id) WHERE state = 'leased';
-- A patient's newest fetch; has it one in this occurrence?
CREATE INDEX fetches_by_patient ON fetches (patient_id);
-- Which dates of a patient has a backfill asked for, and how did it end?
CREATE INDEX fetches_of_backfills ON fetches (patient_id, backfill_id, window_start, state) WHERE backfill_id IS NOT NULL;

CREATE TABLE attempts (                -- every exchange with the server, one row each
    id          INTEGER PRIMARY KEY,
    run_id      INTEGER NOT NULL REFERENCES runs (id),
    fetch_id    INTEGER REFERENCES fetches (id), -- NULL for a token, which serves many fetches
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    kind        TEXT NOT NULL CHECK (kind = 'token' OR kind = 'document' OR kind = 'replay'), -- replay: once more with a new token
    started_at  INTEGER NOT NULL,
    duration_ms INTEGER,
    http_status INTEGER,               -- NULL where no answer came
    outcome     TEXT CHECK (outcome = 'ok' OR outcome = 'absent' OR outcome = 'passing' OR outcome = 'permanent' OR outcome = 'lost'
                                OR outcome = 'cancelled'),
                                       -- NULL while on its way
    reason      TEXT,                  -- NULL for ok: one word of a fixed list (README, "Reasons")
    detail      TEXT,                  -- the same for people; never a secret, a token or a piece of a document
    bytes       INTEGER                -- length of the answer's body, inflated
) STRICT;

CREATE INDEX attempts_by_fetch ON attempts (fetch_id) WHERE fetch_id IS NOT NULL;
-- How an account's logins went.
CREATE INDEX attempts_of_logins ON attempts (account_id) WHERE fetch_id IS NULL;
CREATE INDEX attempts_on_their_way ON attempts (id) WHERE outcome IS NULL;

CREATE TABLE paces (                   -- how fast is asked in the newest run: a row for each tenant and host where it did not stay as configured
    tenant_id            INTEGER UNIQUE REFERENCES tenants (id) ON DELETE CASCADE, -- NULL for a host
    host                 TEXT UNIQUE,   -- host and port, for all its tenants; NULL for a tenant
    documents_per_second REAL NOT NULL, -- at present, or at the run's end; of a host: requests of both kinds
    tokens_per_second    REAL,          -- NULL for a host
    breaker              TEXT NOT NULL CHECK (breaker IN ('closed', 'open')), -- open: left alone but for a probe every 30 s
    changed_at           INTEGER NOT NULL,
    CHECK ((tenant_id IS NULL) <> (host IS NULL))
) STRICT;

CREATE TABLE operations (              -- each act of an operator
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    who    TEXT NOT NULL,              -- the operating system's name of the user
    what   TEXT NOT NULL,              -- accept_roster, retry, accept, discard, forget …
    target TEXT NOT NULL               -- what it was done to: row ids, job or tenant names
) STRICT;
