//! Documents handed out as files: a folder for each tenant, a file for each document, and a manifest beside them. Nothing that is there is overwritten.

mod file_name;
mod folder;
mod manifest;

use std::{
    collections::{BTreeSet, HashMap},
    io::{self, Write},
    path::{Path, PathBuf},
};

use sqlx::SqlitePool;

use crate::{
    domain::{DocumentId, PatientId, TenantId},
    failpoint,
    report::ExitCode,
    store::{
        StoreError, bodies,
        documents::{self, HandedOut, Wanted},
        runs::Narrowing,
        tenants,
    },
};

use super::Stop;
use folder::{Folder, has_digest};
use manifest::{MANIFEST, Manifest};

/// Patients that are looked up at once.
const STEP: u32 = 256;

/// What is handed out.
#[derive(Debug, Clone)]
pub struct HandOut {
    pub whose: Narrowing,
    pub wanted: Wanted,
}

/// What it came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Unpacked {
    pub written: u64,
    /// Of the files that were written.
    pub bytes: u64,
    /// Documents whose files were there, with the same bytes.
    pub there: u64,
    /// Documents that have no bytes any more.
    pub let_go: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{path}: another `unpack` writes into this folder; nothing was written")]
    Busy { path: PathBuf },
    #[error(
        "{path}: is there with other bytes than the document has; nothing more was written. If it is another database's, unpack into a folder of its own"
    )]
    Other { path: PathBuf },
    #[error("{path}: is no manifest that `unpack` has written ({source}); nothing was written into its place")]
    NoManifest { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be written: {source}; the files that were written before are whole")]
    Io { path: PathBuf, source: io::Error },
}

impl UnpackError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| match source.kind() {
            io::ErrorKind::InvalidData => Self::NoManifest { path, source },
            io::ErrorKind::AlreadyExists => Self::Other { path },
            _ => Self::Io { path, source },
        }
    }

    /// What the process ends with.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Store(error) => super::RunError::from(error).exit_code(),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => ExitCode::Database,
            Self::Busy { .. } | Self::Other { .. } | Self::NoManifest { .. } | Self::Io { .. } => ExitCode::CannotWrite,
        }
    }
}

/// The folder that documents are handed out into; nobody else can begin meanwhile.
#[derive(Debug)]
pub struct Destination(Folder);

impl Destination {
    /// Opens the folder, makes it where it is missing, and clears away what an earlier call left unfinished when it was killed.
    ///
    /// # Errors
    /// Where it has a `documents.csv` that is none of ours.
    pub fn open(path: &Path) -> Result<Self, UnpackError> {
        let folder = Folder::open(path).map_err(UnpackError::io(path))?;
        let folder = folder.ok_or_else(|| UnpackError::Busy { path: path.to_owned() })?;
        Manifest::begin(&folder).map_err(UnpackError::io(&path.join(MANIFEST)))?;
        Ok(Self(folder))
    }
}

/// Writes the files that are not there yet, then the manifest of all of them. A signal ends it after the file that is being written.
///
/// # Errors
/// [`UnpackError::Other`] at the first file that is there with other bytes: where one is another database's, the others are too.
pub async fn unpack(readers: &SqlitePool, database: &Path, what: &HandOut, to: &Destination, stop: &Stop) -> Result<Unpacked, UnpackError> {
    let sql = |source| StoreError::from_sql(database, source);
    let folders = file_name::of_tenants(&tenants::all(readers).await.map_err(sql)?);
    let path = to.0.path.join(MANIFEST);
    let manifest = Manifest::begin(&to.0).map_err(UnpackError::io(&path))?;
    let mut hand = Hand {
        readers,
        database,
        to: &to.0,
        folders,
        manifest,
        reader: bodies::Reader::default(),
        touched: BTreeSet::new(),
        told: Unpacked::default(),
    };
    let mut after = PatientId(0);
    while !stop.is_finishing() {
        let patients = documents::patients(readers, &what.whose, after, STEP).await.map_err(sql)?;
        let Some(last) = patients.last() else { break };
        after = *last;
        for patient in patients {
            let documents = documents::of_patient(readers, patient, what.wanted).await.map_err(sql)?;
            let mut files = Vec::with_capacity(documents.len());
            // The newest first: from its body those before are a step away each.
            for document in documents.iter().rev() {
                if stop.is_finishing() {
                    break;
                }
                files.extend(hand.out(document).await?.map(|file| (document, file)));
            }
            for (document, file) in files.into_iter().rev() {
                hand.list(&file, document)?;
            }
        }
    }
    for name in &hand.touched {
        let synced = to.0.subfolder(name).and_then(|folder| folder.sync());
        synced.map_err(UnpackError::io(&to.0.path.join(name)))?;
    }
    hand.manifest.end(&to.0).map_err(UnpackError::io(&path))?;
    Ok(hand.told)
}

/// Hands out one document after the other.
struct Hand<'a> {
    readers: &'a SqlitePool,
    database: &'a Path,
    to: &'a Folder,
    folders: HashMap<TenantId, String>,
    manifest: Manifest<'a>,
    reader: bodies::Reader,
    /// Folders that got a name since they were made durable.
    touched: BTreeSet<String>,
    told: Unpacked,
}

impl Hand<'_> {
    /// The document's file, by its path in the folder; `None` where it has no bytes.
    async fn out(&mut self, document: &HandedOut) -> Result<Option<String>, UnpackError> {
        let Some(sha256) = document.sha256.as_deref() else {
            self.told.let_go += 1;
            return Ok(None);
        };
        let id = DocumentId(document.id);
        // A tenant that came since this began has had no document of a patient who was asked for.
        let Some(tenant) = self.folders.get(&TenantId(document.tenant_id)).cloned() else { return Ok(None) };
        let name = file_name::of_document(PatientId(document.patient_id), id);
        let path = self.to.path.join(&tenant);
        let folder = self.to.subfolder(&tenant).map_err(UnpackError::io(&path))?;
        let path = path.join(&name);
        match folder.file(&name).map_err(UnpackError::io(&path))? {
            Some(file) => {
                if !has_digest(file, sha256).map_err(UnpackError::io(&path))? {
                    return Err(UnpackError::Other { path });
                }
                self.told.there += 1;
            }
            None => {
                let read = read(self.readers, &mut self.reader, id).await.map_err(|source| StoreError::from_sql(self.database, source))?;
                let Some(bytes) = read else {
                    self.told.let_go += 1;
                    return Ok(None);
                };
                write(self.to, &folder, &name, bytes).map_err(UnpackError::io(&path))?;
                self.touched.insert(tenant.clone());
                self.told.written += 1;
                self.told.bytes += bytes.len() as u64;
            }
        }
        Ok(Some(format!("{tenant}/{name}")))
    }

    fn list(&mut self, file: &str, document: &HandedOut) -> Result<(), UnpackError> {
        let sha256 = document.sha256.as_deref().unwrap_or_default();
        self.manifest.line(file, document, sha256).map_err(UnpackError::io(&self.to.path.join(MANIFEST)))
    }
}

/// The bytes of the document as they are now; `None` where they were let go.
async fn read<'a>(readers: &SqlitePool, reader: &'a mut bodies::Reader, document: DocumentId) -> sqlx::Result<Option<&'a [u8]>> {
    let mut moment = readers.begin().await?;
    match documents::body(&mut moment, document).await?.flatten() {
        Some(body) => reader.read(&mut moment, body).await.map(Some),
        None => Ok(None),
    }
}

fn write(to: &Folder, folder: &Folder, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut unfinished = to.unfinished("document")?;
    let (half, rest) = bytes.split_at(bytes.len() / 2);
    unfinished.write_all(half)?;
    failpoint::pass("half_a_file");
    unfinished.write_all(rest)?;
    unfinished.put(folder, name)
}
