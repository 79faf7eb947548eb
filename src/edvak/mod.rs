//! The vendor over HTTP: the two endpoints of the CCDA API, tokens, pace, and what an answer means.
//!
//! In reading order: `settings`, `client` and `tenant_client` (whom to ask), `request`, `patience`, `intake`, `decoder` and `body_budget` (asking and
//! taking in), `answer` and `verdict` (what it means), `token` and `token_cache`, `pace`. Knows `domain` and the clock, and neither SQL nor XML.

mod answer;
mod body_budget;
mod client;
mod decoder;
mod exchange;
mod fault;
mod html;
mod intake;
mod oauth_error;
mod pace;
mod patience;
mod rate_limit;
mod request;
mod retry_after;
mod settings;
mod tenant_client;
mod token;
mod token_cache;
mod transport;
mod verdict;

pub use body_budget::BodyHold;
pub use client::{Edvak, EdvakError};
pub use exchange::{Body, DocumentAnswer, Exchange, Failure};
pub use pace::{Lane, Pace, Place};
pub use rate_limit::RateLimit;
pub use settings::{Credentials, Endpoint, HttpSettings, Rate, TenantLimits, Timeouts};
pub use tenant_client::{RequestedDates, TenantClient};
pub use token::{Issue, Token, TokenId};
pub use token_cache::{Need, TokenCache};
