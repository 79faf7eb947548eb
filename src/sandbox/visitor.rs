//! A request from its coming to its answer: it ends in the journal whatever becomes of it, also where its client, or this server, goes away before.

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use axum::response::Response;

use super::{
    journal::{Facts, Kind},
    server::World,
};

/// One request that is being answered.
pub(super) struct Visitor<'a> {
    world: &'a World,
    kind: Kind,
    pub facts: Facts,
    status: Option<u16>,
    came_at: Duration,
}

/// How many requests wait for something real, and not only for the clock.
#[derive(Debug, Default)]
pub(super) struct Busy(AtomicUsize);

impl Busy {
    pub fn is_anybody(&self) -> bool {
        self.0.load(SeqCst) > 0
    }
}

impl<'a> Visitor<'a> {
    pub fn new(world: &'a World, kind: Kind, facts: Facts) -> Self {
        world.busy.0.fetch_add(1, SeqCst);
        Self { world, kind, facts, status: None, came_at: world.options.clock.elapsed() }
    }

    /// When it came, on the clock.
    pub fn came_at(&self) -> Duration {
        self.came_at
    }

    /// Lets it wait so long on the clock.
    pub async fn wait(&self, time: Duration) {
        let _idle = Idle::new(&self.world.busy);
        self.world.options.clock.sleep(time).await;
    }

    /// Notes that this is the answer.
    pub fn answered(mut self, response: Response) -> Response {
        self.status = Some(response.status().as_u16());
        response
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        self.world.record(self.kind, std::mem::take(&mut self.facts), self.status, self.came_at);
        self.world.busy.0.fetch_sub(1, SeqCst);
    }
}

/// The time in which a request waits for the clock.
struct Idle<'a>(&'a Busy);

impl<'a> Idle<'a> {
    fn new(busy: &'a Busy) -> Self {
        busy.0.fetch_sub(1, SeqCst);
        Self(busy)
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, SeqCst);
    }
}
