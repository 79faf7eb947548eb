-- What headers say, as rows. They are made and go together with `sections`. A code has five columns (code, OID and usual name of its system, display,
-- null flavor), a time four (ISO 8601, precision, as written, null flavor): a null flavor is never a value, and where a document gives both, both are kept.

CREATE TABLE document_headers ( -- one line for each document: what it says of itself, and of the first act of each kind in header_acts
    id                          INTEGER PRIMARY KEY,
    document_id                 INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    path                        TEXT NOT NULL,     -- ClinicalDocument
    doc_id_root                 TEXT,              -- id/@root; new for every generation of a document
    doc_id_ext                  TEXT,              -- id/@extension
    doc_id_null_flavor          TEXT,              -- id/@nullFlavor
    set_id_root                 TEXT,              -- setId/@root; the same in all versions of a document
    set_id_ext                  TEXT,              -- setId/@extension
    set_id_null_flavor          TEXT,              -- setId/@nullFlavor
    version_number              INTEGER,           -- versionNumber/@value; NULL where it is no number
    version_number_raw          TEXT,              -- as written
    code                        TEXT,              -- the type of document, LOINC: code/@code
    code_system                 TEXT,              -- OID of its system
    code_system_name            TEXT,              -- the system's usual name
    display                     TEXT,              -- @displayName, else originalText
    code_null_flavor            TEXT,              -- code/@nullFlavor
    title                       TEXT,              -- title
    templates                   TEXT NOT NULL CHECK (json_valid(templates)), -- templateId: a JSON array of [root, extension]
    created                     TEXT,              -- effectiveTime/@value, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    created_precision           TEXT,              -- year, month, day, hour, minute, second or fraction
    created_raw                 TEXT,              -- as written
    created_null_flavor         TEXT,              -- its @nullFlavor
    confidentiality             TEXT,              -- confidentialityCode/@code
    confidentiality_system      TEXT,              -- OID of its system
    confidentiality_system_name TEXT,              -- the system's usual name
    confidentiality_display     TEXT,              -- @displayName, else originalText
    confidentiality_null_flavor TEXT,              -- confidentialityCode/@nullFlavor
    language                    TEXT,              -- languageCode/@code
    language_system             TEXT,              -- OID of its system
    language_system_name        TEXT,              -- the system's usual name
    language_display            TEXT,              -- @displayName, else originalText
    language_null_flavor        TEXT,              -- languageCode/@nullFlavor
    related_type                TEXT,              -- relatedDocument/@typeCode: RPLC replaces its parent, APND adds to it, XFRM was made of it
    parent_id_root              TEXT,              -- relatedDocument/parentDocument/id/@root
    parent_id_ext               TEXT,              -- relatedDocument/parentDocument/id/@extension
    parent_id_null_flavor       TEXT,              -- relatedDocument/parentDocument/id/@nullFlavor
    parent_set_id_root          TEXT,              -- relatedDocument/parentDocument/setId/@root
    parent_set_id_ext           TEXT,              -- relatedDocument/parentDocument/setId/@extension
    parent_set_id_null_flavor   TEXT,              -- relatedDocument/parentDocument/setId/@nullFlavor
    service_start               TEXT,              -- documentationOf/serviceEvent/effectiveTime/low, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    service_start_precision     TEXT,              -- year, month, day, hour, minute, second or fraction
    service_start_raw           TEXT,              -- as written
    service_start_null_flavor   TEXT,              -- its @nullFlavor
    service_end                 TEXT,              -- documentationOf/serviceEvent/effectiveTime/high, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    service_end_precision       TEXT,              -- year, month, day, hour, minute, second or fraction
    service_end_raw             TEXT,              -- as written
    service_end_null_flavor     TEXT,              -- its @nullFlavor
    visit_id_root               TEXT,              -- componentOf/encompassingEncounter/id/@root
    visit_id_ext                TEXT,              -- componentOf/encompassingEncounter/id/@extension
    visit_id_null_flavor        TEXT,              -- componentOf/encompassingEncounter/id/@nullFlavor
    visit_code                  TEXT,              -- componentOf/encompassingEncounter/code/@code
    visit_code_system           TEXT,              -- OID of its system
    visit_code_system_name      TEXT,              -- the system's usual name
    visit_code_display          TEXT,              -- @displayName, else originalText
    visit_code_null_flavor      TEXT,              -- componentOf/encompassingEncounter/code/@nullFlavor
    visit_start                 TEXT,              -- componentOf/encompassingEncounter/effectiveTime/low, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    visit_start_precision       TEXT,              -- year, month, day, hour, minute, second or fraction
    visit_start_raw             TEXT,              -- as written
    visit_start_null_flavor     TEXT,              -- its @nullFlavor
    visit_end                   TEXT,              -- componentOf/encompassingEncounter/effectiveTime/high, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    visit_end_precision         TEXT,              -- year, month, day, hour, minute, second or fraction
    visit_end_raw               TEXT,              -- as written
    visit_end_null_flavor       TEXT,              -- its @nullFlavor
    disposition                 TEXT,              -- componentOf/encompassingEncounter/dischargeDispositionCode/@code
    disposition_system          TEXT,              -- OID of its system
    disposition_system_name     TEXT,              -- the system's usual name
    disposition_display         TEXT,              -- @displayName, else originalText
    disposition_null_flavor     TEXT,              -- componentOf/encompassingEncounter/dischargeDispositionCode/@nullFlavor
    location                    TEXT,              -- componentOf/encompassingEncounter/location/healthCareFacility/location/name, else that of serviceProviderOrganization
    responsible                 TEXT,              -- componentOf/encompassingEncounter/responsibleParty/assignedEntity/assignedPerson/name
    UNIQUE (document_id)
) STRICT;

CREATE TABLE header_acts ( -- every act that a header tells of
    id                 INTEGER PRIMARY KEY,
    document_id        INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    seq                INTEGER NOT NULL,  -- its place among them, from 1 on
    path               TEXT NOT NULL,     -- its element: ClinicalDocument/documentationOf[2]/serviceEvent
    kind               TEXT NOT NULL,     -- related_document, service_event, encompassing_encounter, order or consent
    type_code          TEXT,              -- relatedDocument/@typeCode (RPLC, APND, XFRM); of other acts @classCode, such as PCPR
    ids                TEXT NOT NULL CHECK (json_valid(ids)), -- id: a JSON array of [root, extension, null flavor]
    set_id_root        TEXT,              -- setId/@root, of a related document
    set_id_ext         TEXT,              -- setId/@extension
    set_id_null_flavor TEXT,              -- setId/@nullFlavor
    code               TEXT,              -- code/@code
    code_system        TEXT,              -- OID of its system
    code_system_name   TEXT,              -- the system's usual name
    display            TEXT,              -- @displayName, else originalText
    code_null_flavor   TEXT,              -- code/@nullFlavor
    status             TEXT,              -- statusCode/@code, in lower case
    start              TEXT,              -- effectiveTime/low, else effectiveTime itself, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    start_precision    TEXT,              -- year, month, day, hour, minute, second or fraction
    start_raw          TEXT,              -- as written
    start_null_flavor  TEXT,              -- its @nullFlavor
    end                TEXT,              -- effectiveTime/high, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    end_precision      TEXT,              -- year, month, day, hour, minute, second or fraction
    end_raw            TEXT,              -- as written
    end_null_flavor    TEXT,              -- its @nullFlavor
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE participations ( -- who took part in a document or in an act of its header
    id                   INTEGER PRIMARY KEY,
    document_id          INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    seq                  INTEGER NOT NULL,  -- its place among them, from 1 on
    path                 TEXT NOT NULL,     -- its element: ClinicalDocument/author[2]
    role                 TEXT NOT NULL,     -- author, data_enterer, informant, custodian, information_recipient, legal_authenticator, authenticator, participant; performer (of a service event), responsible_party, encounter_participant (of the encompassing encounter)
    type_code            TEXT,              -- @typeCode, such as IND
    class                TEXT,              -- @classCode of the entity: NOK next of kin, ECON emergency contact, PRS personal relationship …
    function             TEXT,              -- what they did, such as PCP: functionCode/@code
    function_system      TEXT,              -- OID of its system
    function_system_name TEXT,              -- the system's usual name
    function_display     TEXT,              -- @displayName, else originalText
    function_null_flavor TEXT,              -- functionCode/@nullFlavor
    time                 TEXT,              -- time/@value, else time/low, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    time_precision       TEXT,              -- year, month, day, hour, minute, second or fraction
    time_raw             TEXT,              -- as written
    time_null_flavor     TEXT,              -- its @nullFlavor
    time_end             TEXT,              -- time/high, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    time_end_precision   TEXT,              -- year, month, day, hour, minute, second or fraction
    time_end_raw         TEXT,              -- as written
    time_end_null_flavor TEXT,              -- its @nullFlavor
    npi                  TEXT,              -- id/@extension of the id with the root 2.16.840.1.113883.4.6
    ids                  TEXT NOT NULL CHECK (json_valid(ids)), -- id of the entity, a custodian's of its organization: a JSON array of [root, extension, null flavor]
    code                 TEXT,              -- occupation, or relation to the patient: code of the entity/@code
    code_system          TEXT,              -- OID of its system
    code_system_name     TEXT,              -- the system's usual name
    display              TEXT,              -- @displayName, else originalText
    code_null_flavor     TEXT,              -- code of the entity/@nullFlavor
    name                 TEXT,              -- name of the person, in one line
    given                TEXT,              -- name/given, the first
    family               TEXT,              -- name/family
    device               TEXT,              -- assignedAuthoringDevice/manufacturerModelName: an author may be a program
    software             TEXT,              -- assignedAuthoringDevice/softwareName
    organization         TEXT,              -- name of the organization
    organization_ids     TEXT NOT NULL CHECK (json_valid(organization_ids)), -- id of the organization: a JSON array of [root, extension, null flavor]
    phone                TEXT,              -- the first number to call, without tel:
    telecoms             TEXT NOT NULL CHECK (json_valid(telecoms)), -- telecom: a JSON array of [use, value]
    street               TEXT,              -- addr/streetAddressLine, all of them
    city                 TEXT,              -- addr/city
    state                TEXT,              -- addr/state
    postal_code          TEXT,              -- addr/postalCode
    country              TEXT,              -- addr/country
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE document_patients ( -- one line for each recordTarget of a document; more than one is legal
    id                          INTEGER PRIMARY KEY,
    document_id                 INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    seq                         INTEGER NOT NULL,  -- its place among the document's, from 1 on
    path                        TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget
    name                        TEXT,              -- patient/name in one line: of the legal one without an end, else of the first; the other columns of a name belong to it
    prefix                      TEXT,              -- name/prefix
    given                       TEXT,              -- name/given, the first
    middle                      TEXT,              -- name/given, the others but for what they are called
    family                      TEXT,              -- name/family, without a name of birth beside it
    suffix                      TEXT,              -- name/suffix
    birth_time                  TEXT,              -- patient/birthTime/@value, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    birth_time_precision        TEXT,              -- year, month, day, hour, minute, second or fraction
    birth_time_raw              TEXT,              -- as written
    birth_time_null_flavor      TEXT,              -- its @nullFlavor
    deceased                    INTEGER,           -- patient/sdtc:deceasedInd/@value: 1 or 0
    deceased_null_flavor        TEXT,              -- patient/sdtc:deceasedInd/@nullFlavor
    deceased_time               TEXT,              -- patient/sdtc:deceasedTime/@value, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    deceased_time_precision     TEXT,              -- year, month, day, hour, minute, second or fraction
    deceased_time_raw           TEXT,              -- as written
    deceased_time_null_flavor   TEXT,              -- its @nullFlavor
    gender                      TEXT,              -- M, F, UN: patient/administrativeGenderCode/@code
    gender_system               TEXT,              -- OID of its system
    gender_system_name          TEXT,              -- the system's usual name
    gender_display              TEXT,              -- @displayName, else originalText
    gender_null_flavor          TEXT,              -- patient/administrativeGenderCode/@nullFlavor
    race                        TEXT,              -- the first; all are in patient_races: patient/raceCode/@code
    race_system                 TEXT,              -- OID of its system
    race_system_name            TEXT,              -- the system's usual name
    race_display                TEXT,              -- @displayName, else originalText
    race_null_flavor            TEXT,              -- patient/raceCode/@nullFlavor
    ethnicity                   TEXT,              -- patient/ethnicGroupCode/@code
    ethnicity_system            TEXT,              -- OID of its system
    ethnicity_system_name       TEXT,              -- the system's usual name
    ethnicity_display           TEXT,              -- @displayName, else originalText
    ethnicity_null_flavor       TEXT,              -- patient/ethnicGroupCode/@nullFlavor
    language                    TEXT,              -- the preferred one, else the first: patient/languageCommunication/languageCode/@code
    language_system             TEXT,              -- OID of its system
    language_system_name        TEXT,              -- the system's usual name
    language_display            TEXT,              -- @displayName, else originalText
    language_null_flavor        TEXT,              -- patient/languageCommunication/languageCode/@nullFlavor
    marital                     TEXT,              -- patient/maritalStatusCode/@code
    marital_system              TEXT,              -- OID of its system
    marital_system_name         TEXT,              -- the system's usual name
    marital_display             TEXT,              -- @displayName, else originalText
    marital_null_flavor         TEXT,              -- patient/maritalStatusCode/@nullFlavor
    religion                    TEXT,              -- patient/religiousAffiliationCode/@code
    religion_system             TEXT,              -- OID of its system
    religion_system_name        TEXT,              -- the system's usual name
    religion_display            TEXT,              -- @displayName, else originalText
    religion_null_flavor        TEXT,              -- patient/religiousAffiliationCode/@nullFlavor
    birthplace                  TEXT,              -- patient/birthplace/place/addr in one line
    birthplace_city             TEXT,              -- patient/birthplace/place/addr/city
    birthplace_state            TEXT,              -- patient/birthplace/place/addr/state
    birthplace_country          TEXT,              -- patient/birthplace/place/addr/country
    street                      TEXT,              -- patientRole/addr/streetAddressLine, all of them, of the first address that says something
    city                        TEXT,              -- patientRole/addr/city
    state                       TEXT,              -- patientRole/addr/state
    postal_code                 TEXT,              -- patientRole/addr/postalCode
    country                     TEXT,              -- patientRole/addr/country
    phone                       TEXT,              -- patientRole/telecom/@value: the first number to call, without tel:
    email                       TEXT,              -- patientRole/telecom/@value: the first of mailto:
    provider_org                TEXT,              -- patientRole/providerOrganization/name
    provider_org_id_root        TEXT,              -- patientRole/providerOrganization/id/@root
    provider_org_id_ext         TEXT,              -- patientRole/providerOrganization/id/@extension
    provider_org_id_null_flavor TEXT,              -- patientRole/providerOrganization/id/@nullFlavor
    provider_org_phone          TEXT,              -- patientRole/providerOrganization/telecom/@value
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE patient_ids ( -- every id of a patient; none says that it is the medical record number, its root tells who assigned it
    id          INTEGER PRIMARY KEY,
    document_id INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    patient_seq INTEGER NOT NULL,  -- document_patients.seq
    seq         INTEGER NOT NULL,  -- its place among those of its kind in the document, from 1 on
    path        TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget/patientRole/id[2]
    root        TEXT,              -- id/@root
    root_name   TEXT,              -- SSN, NPI, Medicare …: what numbers of this root are, where everybody knows
    ext         TEXT,              -- id/@extension; beside a null flavor of MSK it is masked and no number to match on
    authority   TEXT,              -- id/@assigningAuthorityName
    null_flavor TEXT,              -- id/@nullFlavor
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE patient_names ( -- every name of a patient
    id                INTEGER PRIMARY KEY,
    document_id       INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    patient_seq       INTEGER NOT NULL,  -- document_patients.seq
    seq               INTEGER NOT NULL,  -- its place among those of its kind in the document, from 1 on
    path              TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget/patientRole/patient/name[2]
    is_current        INTEGER NOT NULL,  -- 1: the one in document_patients
    use               TEXT,              -- name/@use, a list: L legal, P pseudonym, SRCH for searching …
    name              TEXT,              -- in one line; a name that is bare text as it stands
    prefix            TEXT,              -- name/prefix
    given             TEXT,              -- name/given, the first
    middle            TEXT,              -- name/given, the others but for what they are called
    family            TEXT,              -- name/family, without a name of birth beside it
    suffix            TEXT,              -- name/suffix
    call_me           TEXT,              -- name/given with the qualifier CL
    parts             TEXT NOT NULL CHECK (json_valid(parts)), -- all parts in order: a JSON array of {part, text, qualifier, null_flavor}
    start             TEXT,              -- name/validTime/low, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    start_precision   TEXT,              -- year, month, day, hour, minute, second or fraction
    start_raw         TEXT,              -- as written
    start_null_flavor TEXT,              -- its @nullFlavor
    end               TEXT,              -- name/validTime/high, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    end_precision     TEXT,              -- year, month, day, hour, minute, second or fraction
    end_raw           TEXT,              -- as written
    end_null_flavor   TEXT,              -- its @nullFlavor
    null_flavor       TEXT,              -- name/@nullFlavor
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE patient_addresses ( -- every address of a patient
    id                INTEGER PRIMARY KEY,
    document_id       INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    patient_seq       INTEGER NOT NULL,  -- document_patients.seq
    seq               INTEGER NOT NULL,  -- its place among those of its kind in the document, from 1 on
    path              TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget/patientRole/addr[2]
    use               TEXT,              -- addr/@use, a list: HP primary home, WP work, TMP temporary, BAD …
    text              TEXT,              -- in one line; an address that is bare text as it stands
    street            TEXT,              -- addr/streetAddressLine, all of them
    city              TEXT,              -- addr/city
    state             TEXT,              -- addr/state
    postal_code       TEXT,              -- addr/postalCode
    country           TEXT,              -- addr/country
    county            TEXT,              -- addr/county
    parts             TEXT NOT NULL CHECK (json_valid(parts)), -- all parts in order: a JSON array of {part, text, null_flavor}
    start             TEXT,              -- addr/useablePeriod/low, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    start_precision   TEXT,              -- year, month, day, hour, minute, second or fraction
    start_raw         TEXT,              -- as written
    start_null_flavor TEXT,              -- its @nullFlavor
    end               TEXT,              -- addr/useablePeriod/high, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    end_precision     TEXT,              -- year, month, day, hour, minute, second or fraction
    end_raw           TEXT,              -- as written
    end_null_flavor   TEXT,              -- its @nullFlavor
    null_flavor       TEXT,              -- addr/@nullFlavor
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE patient_telecoms ( -- every telephone number and mail address of a patient
    id                INTEGER PRIMARY KEY,
    document_id       INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    patient_seq       INTEGER NOT NULL,  -- document_patients.seq
    seq               INTEGER NOT NULL,  -- its place among those of its kind in the document, from 1 on
    path              TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget/patientRole/telecom[2]
    use               TEXT,              -- telecom/@use, a list: HP primary home, WP work, MC mobile …
    value             TEXT,              -- telecom/@value, as written
    scheme            TEXT,              -- tel, mailto, fax …; NULL where none is written
    number            TEXT,              -- the value without its scheme
    start             TEXT,              -- telecom/useablePeriod/low, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    start_precision   TEXT,              -- year, month, day, hour, minute, second or fraction
    start_raw         TEXT,              -- as written
    start_null_flavor TEXT,              -- its @nullFlavor
    end               TEXT,              -- telecom/useablePeriod/high, ISO 8601 of its own precision; NULL for a placeholder and for what is no time
    end_precision     TEXT,              -- year, month, day, hour, minute, second or fraction
    end_raw           TEXT,              -- as written
    end_null_flavor   TEXT,              -- its @nullFlavor
    null_flavor       TEXT,              -- telecom/@nullFlavor
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE patient_races ( -- every race and ethnic group of a patient
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    patient_seq      INTEGER NOT NULL,  -- document_patients.seq
    seq              INTEGER NOT NULL,  -- its place among those of its kind in the document, from 1 on
    path             TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget/patientRole/patient/sdtc:raceCode[2]
    kind             TEXT NOT NULL,     -- race: raceCode, sdtc:raceCode; ethnicity: ethnicGroupCode, sdtc:ethnicGroupCode
    code             TEXT,              -- the element/@code
    code_system      TEXT,              -- OID of its system
    code_system_name TEXT,              -- the system's usual name
    display          TEXT,              -- @displayName, else originalText
    code_null_flavor TEXT,              -- the element/@nullFlavor
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE patient_languages ( -- every language of a patient
    id                      INTEGER PRIMARY KEY,
    document_id             INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    patient_seq             INTEGER NOT NULL,  -- document_patients.seq
    seq                     INTEGER NOT NULL,  -- its place among those of its kind in the document, from 1 on
    path                    TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget/patientRole/patient/languageCommunication[2]
    code                    TEXT,              -- en, eng, en-US …, as written: languageCode/@code
    code_system             TEXT,              -- OID of its system
    code_system_name        TEXT,              -- the system's usual name
    display                 TEXT,              -- @displayName, else originalText
    code_null_flavor        TEXT,              -- languageCode/@nullFlavor
    mode                    TEXT,              -- modeCode/@code
    mode_system             TEXT,              -- OID of its system
    mode_system_name        TEXT,              -- the system's usual name
    mode_display            TEXT,              -- @displayName, else originalText
    mode_null_flavor        TEXT,              -- modeCode/@nullFlavor
    proficiency             TEXT,              -- proficiencyLevelCode/@code
    proficiency_system      TEXT,              -- OID of its system
    proficiency_system_name TEXT,              -- the system's usual name
    proficiency_display     TEXT,              -- @displayName, else originalText
    proficiency_null_flavor TEXT,              -- proficiencyLevelCode/@nullFlavor
    preferred               INTEGER,           -- preferenceInd/@value: 1 or 0
    UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE patient_guardians ( -- every guardian of a patient
    id               INTEGER PRIMARY KEY,
    document_id      INTEGER NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    patient_seq      INTEGER NOT NULL,  -- document_patients.seq
    seq              INTEGER NOT NULL,  -- its place among those of its kind in the document, from 1 on
    path             TEXT NOT NULL,     -- its element: ClinicalDocument/recordTarget/patientRole/patient/guardian
    ids              TEXT NOT NULL CHECK (json_valid(ids)), -- guardian/id: a JSON array of [root, extension, null flavor]
    code             TEXT,              -- the relation, such as MTH: guardian/code/@code
    code_system      TEXT,              -- OID of its system
    code_system_name TEXT,              -- the system's usual name
    display          TEXT,              -- @displayName, else originalText
    code_null_flavor TEXT,              -- guardian/code/@nullFlavor
    name             TEXT,              -- guardian/guardianPerson/name in one line
    given            TEXT,              -- name/given, the first
    family           TEXT,              -- name/family
    organization     TEXT,              -- guardian/guardianOrganization/name
    phone            TEXT,              -- the first number to call, without tel:
    telecoms         TEXT NOT NULL CHECK (json_valid(telecoms)), -- guardian/telecom: a JSON array of [use, value]
    street           TEXT,              -- guardian/addr/streetAddressLine, all of them
    city             TEXT,              -- guardian/addr/city
    state            TEXT,              -- guardian/addr/state
    postal_code      TEXT,              -- guardian/addr/postalCode
    country          TEXT,              -- guardian/addr/country
    UNIQUE (document_id, seq)
) STRICT;

CREATE TRIGGER headers_go_with_documents AFTER DELETE ON documents BEGIN
    DELETE FROM document_headers WHERE document_id = old.id;
    DELETE FROM header_acts WHERE document_id = old.id;
    DELETE FROM participations WHERE document_id = old.id;
    DELETE FROM document_patients WHERE document_id = old.id;
    DELETE FROM patient_ids WHERE document_id = old.id;
    DELETE FROM patient_names WHERE document_id = old.id;
    DELETE FROM patient_addresses WHERE document_id = old.id;
    DELETE FROM patient_telecoms WHERE document_id = old.id;
    DELETE FROM patient_races WHERE document_id = old.id;
    DELETE FROM patient_languages WHERE document_id = old.id;
    DELETE FROM patient_guardians WHERE document_id = old.id;
END;
CREATE TRIGGER headers_are_of_filed_documents AFTER UPDATE OF status ON documents WHEN new.status IN ('quarantined', 'discarded') BEGIN
    DELETE FROM document_headers WHERE document_id = new.id;
    DELETE FROM header_acts WHERE document_id = new.id;
    DELETE FROM participations WHERE document_id = new.id;
    DELETE FROM document_patients WHERE document_id = new.id;
    DELETE FROM patient_ids WHERE document_id = new.id;
    DELETE FROM patient_names WHERE document_id = new.id;
    DELETE FROM patient_addresses WHERE document_id = new.id;
    DELETE FROM patient_telecoms WHERE document_id = new.id;
    DELETE FROM patient_races WHERE document_id = new.id;
    DELETE FROM patient_languages WHERE document_id = new.id;
    DELETE FROM patient_guardians WHERE document_id = new.id;
END;

CREATE VIEW latest_patients AS         -- one line for each patient: who they are by their latest whole chart, of several patients in it by the first
SELECT l.tenant, l.account, l.patient_id, l.extra ->> 'mrn' AS mrn, -- the roster's own column
       p.name, p.given, p.family,
       substr(p.birth_time, 1, 10) AS birth_date, -- a year or a month where no more is known
       p.gender AS sex, coalesce(p.race_display, p.race) AS race, -- its name, else its code
       coalesce(p.ethnicity_display, p.ethnicity) AS ethnicity, -- its name, else its code
       p.language,
       coalesce(p.marital_display, p.marital) AS marital_status, -- its name, else its code
       p.deceased, p.city, p.state, p.postal_code, p.phone, l.document_id, l.content_document_id,
       p.id AS document_patient_id        -- for cat --at document_patients:ID
FROM latest_documents l LEFT JOIN document_patients p ON p.document_id = l.content_document_id AND p.seq = 1;
