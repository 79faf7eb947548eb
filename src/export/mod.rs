//! One run: whom to ask, what an answer leads to, when to try again, when to stop.
//!
//! In reading order: `roster` and `take_over` (who), `opening` and `run` (the whole), `tenants`, `tenant`, `tenant_run`, `feed`, `ahead`, `night`,
//! `backlog`, `pulls` and `alone` (the loop), `pull`, `judge`, `filing`, `settle`, `desk` and `beyond` (one document), `login` and `login_gate` (one
//! token), `prune` (what is let go at the end), `flatten` (rows, afterwards), `unpack` (files), `books` (whether an occurrence has its run); `life`,
//! `rules`, `suspicion` and `retention` decide, without time, chance or I/O of their own.

mod ahead;
mod alone;
mod backlog;
mod beyond;
mod books;
mod check_logins;
mod desk;
mod error;
mod feed;
mod filing;
mod flatten;
mod judge;
mod life;
mod login;
mod login_gate;
mod night;
mod opening;
mod paces;
mod progress;
mod prune;
mod pull;
mod pulls;
mod reading;
mod rehearse;
mod retention;
mod roster;
mod rules;
mod run;
mod settings;
mod settle;
mod stop;
mod suspicion;
mod take_over;
mod tenant;
mod tenant_run;
mod tenants;
mod unpack;

pub use books::{books, ended_run};
pub use check_logins::{Login, LoginResult, LoginResults, check_logins};
pub use error::RunError;
pub use filing::ShrinkPolicy;
pub use flatten::{Flattened, flatten, flatten_these};
pub use opening::{RunRequest, Work};
pub use progress::{Progress, Snapshot, TenantProgress};
pub use prune::{Pruned, prunable, prune_by_hand};
pub use rehearse::{Due, Rehearsal, rehearse, rehearse_new};
pub use retention::Retention;
pub use roster::{Account, OpenPatients, Roster, RosterPatient, Tenant};
pub use run::{RunEnd, run};
pub use settings::{RetryPolicy, RunSettings};
pub use stop::Stop;
pub use take_over::accept_roster;
pub use unpack::{Destination, HandOut, UnpackError, Unpacked, unpack};
