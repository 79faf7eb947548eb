//! Tests of the crate from outside, in one binary.

mod corpus_check;
mod edvak_http;
