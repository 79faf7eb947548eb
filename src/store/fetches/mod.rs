//! `fetches`: the queue of work. Planning fills it, the feed reads it in order, claims and settlements move it on, recovery mends it.

mod feed;
mod plan;
mod recover;
mod settle;
#[cfg(test)]
mod tests;

pub use feed::{Candidate, Cursor, candidates, next_due};
pub use plan::{Plan, Position, begin_plan, due_by_tenant, plan, plan_some, resting};
pub use recover::{close_lost, pull_in};
pub use settle::{Claim, Filed, NewDocument, Next, Settlement, Stored, claim, give_back, release, replay, settle, unclaim};

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(super) fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    feed::STATEMENTS.into_iter().chain(plan::STATEMENTS).chain(settle::STATEMENTS)
}
