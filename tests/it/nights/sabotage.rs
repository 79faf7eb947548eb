//! That each invariant tells when it is broken.
