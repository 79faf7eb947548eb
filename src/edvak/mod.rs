//! The vendor over HTTP: the two endpoints of the CCDA API, tokens, pace, and what an answer means.

mod settings;

pub use settings::{Credentials, Endpoint, HttpSettings, Rate, TenantLimits, Timeouts};
