//! Pace that answers the server: rates, pauses, breakers and fair parts, through the library on the manual clock.
//!
//! What the server saw, and when on that clock, decides; `clockwork` moves the clock whenever nobody has anything to do.

mod breakers;
mod fairness;
mod night;
mod rates;
mod server;
