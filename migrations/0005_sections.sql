-- What the documents say, as rows: sections first. Rows are made of accepted documents when they are stored, and by `ccda-export flatten`.
-- What they refer to is looked for when a row is written, and missed when its transaction is committed: a statement that could fail for it would first
-- keep a copy of each page that it changes.

CREATE TABLE sections (                -- every section of every document, known or not
    id            INTEGER PRIMARY KEY,
    document_id   INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    seq           INTEGER NOT NULL,    -- its place among the document's sections, from 1 on
    parent_seq    INTEGER,             -- the section that it lies in; NULL: the body
    depth         INTEGER NOT NULL,    -- 1 for a section of the body
    path          TEXT NOT NULL,       -- its element, from the root: ClinicalDocument/component/structuredBody/component[3]/section
    name          TEXT,                -- which of the guide's sections it is, by its template, else by its LOINC code; NULL: none
    domain        TEXT,                -- the table in which its entries belong: past_history is of problems too; NULL: they have none yet, see unknown_entries
    code          TEXT,                -- section/code/@code, LOINC
    code_system   TEXT,                -- OID of the code's system, as written
    display       TEXT,                -- section/code/@displayName
    title         TEXT,                -- section/title
    template_root TEXT,                -- templateId/@root: the template by which it is known, else its first one
    template_ext  TEXT,                -- templateId/@extension of that
    templates     TEXT NOT NULL CHECK (json_valid(templates)), -- all of them: a JSON array of [root, extension]
    null_flavor   TEXT,                -- section/@nullFlavor: NI says that nobody asked, and not that there is nothing
    text          TEXT,                -- section/text as plain text: a line for each paragraph, item and row, cells of a row between " | "
    entries       INTEGER NOT NULL,    -- entry elements of its own
    unknown_entries INTEGER NOT NULL,  -- those of them that no rule takes: they are in the table unknown_entries
    rows          INTEGER NOT NULL,    -- rows that were made of its entries, whatever their table
    content_digest BLOB CHECK (length(content_digest) = 32), -- as documents.content_digest, of the section's own content, without the sections in it
    UNIQUE (document_id, seq)
) STRICT;

-- Full-text search: SELECT … FROM sections_text JOIN sections s ON s.id = sections_text.rowid WHERE sections_text MATCH 'metformin'
-- content="sections" as Datasette looks for it: written otherwise, it takes no notice of _search.
CREATE VIRTUAL TABLE sections_text /* the full-text index of sections */ USING fts5 (title, text, content="sections", content_rowid = 'id', tokenize = "unicode61 remove_diacritics 2");
-- What is deleted leaves no trace in the index either.
INSERT INTO sections_text (sections_text, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER sections_are_indexed AFTER INSERT ON sections BEGIN
    INSERT INTO sections_text (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
CREATE TRIGGER sections_leave_the_index AFTER DELETE ON sections BEGIN
    INSERT INTO sections_text (sections_text, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
END;

-- Rows are only of documents that are filed: one that is kept apart or discarded takes its rows with it.
CREATE TRIGGER sections_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM sections WHERE document_id = old.id;
    DELETE FROM flatten_issues WHERE document_id = old.id;
END;
CREATE TRIGGER sections_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM sections WHERE document_id = new.id;
    DELETE FROM flatten_issues WHERE document_id = new.id;
    UPDATE documents SET rules_version = NULL WHERE id = new.id;
END;

CREATE TABLE flatten_issues (          -- what of a document could not be read; the rest of it was
    document_id INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    path        TEXT NOT NULL,         -- of the element, from the root
    reason      TEXT NOT NULL          -- too_large: more elements in one piece than any chart has; too_deep: sections or statements nested beyond any chart;
                                       -- too_many: more elements of a kind than any header has
) STRICT;

CREATE INDEX flatten_issues_by_document ON flatten_issues (document_id);

CREATE VIEW latest_sections AS         -- the sections of each patient's latest whole chart
SELECT l.tenant, l.account, l.patient_id, l.document_id, s.id AS section_id, s.seq, s.parent_seq, s.name, s.code, s.title, s.null_flavor, s.text, s.entries
FROM latest_documents l JOIN sections s ON s.document_id = l.content_document_id;
