//! Tests of the crate from outside, in one binary.

mod acts;
mod backfill;
mod clockwork;
mod configuration;
mod corpus_check;
mod corpus_mutation;
mod crash;
mod edvak_http;
mod export;
mod faults;
mod files;
mod harness;
mod health_check;
mod hostile;
mod identity;
mod jobs;
mod nights;
mod output;
mod pace;
mod places;
mod privacy;
mod readme;
mod schedule;
mod signals;
mod status;
mod tokens;
