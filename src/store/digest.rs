//! SHA-256 digests on their way into SQL.

/// A digest in hexadecimal, for `unhex`: JSON, in which many rows go at once, holds no bytes.
pub(super) fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
