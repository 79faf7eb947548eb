//! What a document says as one number, so that a later one which says the same is recognised.

/// SHA-256 of some content without its volatile parts.
pub type Digest = [u8; 32];

/// The digests of a document; those of its sections stand with these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentDigest {
    /// The version of the rules that made it; digests of other rules are not comparable.
    pub rules: u32,
    /// Of everything.
    pub whole: Digest,
    /// Of what stands outside of all sections: the header, and a body that is no XML.
    pub outside: Digest,
}
