//! What a body is: a chart with its facts, or what was refused. Decides nothing about the fetch.

use sha2::{Digest, Sha256};

use crate::{
    ccda,
    domain::clinical::{ContentDigest, Digest as ContentHash},
    edvak::{Body, BodyHold},
    store::{bodies, clinical::Rows, fetches::NewDocument},
};

use super::{RunSettings, life::Answer, reading};

/// Bodies above this size are read apart from the runtime, so that they hold nobody up.
const LARGE: usize = 1 << 20;

/// What an answer came to, with all that is to be kept of it.
pub(super) struct Judged {
    pub answer: Answer,
    pub detail: Option<String>,
    pub document: Option<NewDocument>,
    pub refused: Option<Vec<u8>>,
    /// The body's share of memory, given back when it is committed.
    pub hold: Option<BodyHold>,
}

impl Judged {
    /// An answer of which nothing is kept.
    pub fn plain(answer: Answer, detail: Option<String>) -> Self {
        Self { answer, detail, document: None, refused: None, hold: None }
    }
}

/// Is it a chart? What it says of itself goes beside it; what is none is kept for a person.
///
/// Its rows are made too, unless it says what was `said` before, and its bytes compressed, where the settings want that: here, where every fetch has its own
/// task, and not on the writer's. Making rows takes ten times as long as reading alone, so that is done beside the runtime's one thread.
pub(super) async fn judge(body: Body, said: Option<ContentHash>, settings: RunSettings) -> Judged {
    let Body { bytes, media_type, hold } = body;
    let judged = if settings.flatten || bytes.len() > LARGE {
        reading::apart(move || check(bytes, said, settings)).await
    } else {
        check(bytes, said, settings)
    };
    let (bytes, checked) = judged;
    let (answer, detail, document, refused) = match checked {
        Ok(read) => (Answer::Chart, None, Some(new_document(bytes, media_type, read)), None),
        Err(refusal) => {
            (Answer::Failed { reason: refusal.reason, retry_after: None }, Some(refusal.detail), None, (!bytes.is_empty()).then_some(bytes))
        }
    };
    Judged { answer, detail, document, refused, hold: Some(hold) }
}

/// A chart that was read.
struct Read {
    chart: ccda::Chart,
    sha256: [u8; 32],
    digest: Option<ContentDigest>,
    rows: Option<Rows>,
    zstd: Option<Vec<u8>>,
}

fn check(bytes: Vec<u8>, said: Option<ContentHash>, settings: RunSettings) -> (Vec<u8>, Result<Read, ccda::Refusal>) {
    let read = |chart| {
        let (digest, rows) = if settings.flatten { content(&bytes, said) } else { (None, None) };
        let zstd = if settings.compress { bodies::compressed(&bytes) } else { None };
        Read { chart, sha256: Sha256::digest(&bytes).into(), digest, rows, zstd }
    };
    let checked = ccda::check(&bytes).map(read);
    (bytes, checked)
}

/// What a chart says, and its rows unless that was said before: to flatten takes three times as long as to tell that alone, and most charts of a night are
/// as they were. Where something else was filed meanwhile, the writer has the rows made.
fn content(bytes: &[u8], said: Option<ContentHash>) -> (Option<ContentDigest>, Option<Rows>) {
    if said.is_some()
        && let Some(digest) = ccda::digest(bytes)
        && Some(digest.whole) == said
    {
        return (Some(digest), None);
    }
    let rows = Rows::of(&ccda::flatten(bytes));
    (rows.digest, Some(rows))
}

fn new_document(bytes: Vec<u8>, media_type: Option<String>, Read { chart, sha256, digest, rows, zstd }: Read) -> NewDocument {
    let ccda::Chart { header, warnings, sections, entries, outline } = chart;
    let identity = header.identity();
    NewDocument {
        bytes,
        sha256,
        zstd,
        media_type,
        document_root: header.document_root,
        document_extension: header.document_extension,
        code: header.code,
        title: header.title,
        effective_time: header.effective_time,
        effective_time_raw: header.effective_time_raw,
        mrn_root: header.mrn_root,
        mrn_extension: header.mrn_extension,
        sections,
        entries,
        warnings: serde_json::json!(warnings).to_string(),
        identity,
        outline,
        digest,
        rows,
    }
}
