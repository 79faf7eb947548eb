//! Pace that answers the server: rates, pauses, breakers and fair parts, through the library on the manual clock.
//!
//! What the server saw, and when on that clock, decides; the clock is moved by a driver whenever the server has nobody to answer.

mod breakers;
mod fairness;
mod night;
mod rates;
mod server;
