//! The vendor over HTTP: the two endpoints of the CCDA API, tokens, pace, and what an answer means.
//!
//! In reading order: `settings`, `client` and `tenant_client` (whom to ask), `request`, `patience`, `intake`, `decoder` and `body_budget` (asking and
//! taking in), `answer` and `verdict` (what it means), `token` and `token_cache`, `pace`, `breaker`, `circuit`, `host` and `signal`
//! (how fast, and whether at all). Knows `domain` and the clock, and neither SQL nor XML.

mod answer;
mod body_budget;
mod breaker;
mod circuit;
mod client;
mod decoder;
mod exchange;
mod fault;
#[cfg(fuzzing)]
pub mod fuzzing;
mod host;
mod html;
mod intake;
mod oauth_error;
mod pace;
mod patience;
mod rate_limit;
mod request;
mod retry_after;
mod settings;
mod signal;
mod tenant_client;
mod token;
mod token_cache;
mod transport;
mod verdict;

pub use body_budget::BodyHold;
pub use circuit::{Broken, Circuit, Pass};
pub use client::{Edvak, EdvakError};
pub use exchange::{Body, DocumentAnswer, Exchange, Failure};
pub use fault::why_unanswered;
pub use host::Presence;
pub use pace::{Lane, Pace, Place};
pub use rate_limit::RateLimit;
pub use settings::{Credentials, Endpoint, HttpSettings, Rate, TenantLimits, Timeouts};
pub use signal::Signal;
pub use tenant_client::{RequestedDates, TenantClient};
pub use token::{Issue, Token, TokenId};
pub use token_cache::{Need, TokenCache};
