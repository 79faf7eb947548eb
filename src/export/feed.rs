//! What is due at one tenant, a page in memory at a time, without what is in flight already or put off for a moment.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    domain::FetchId,
    store::fetches::{Candidate, Cursor, candidates},
};

use super::{RunError, ahead::Ahead, pulls::Pulls, tenant::TenantRun};

/// With so many fetches put off, what a backfill still holds stays where it is.
const MOST_PUT_OFF: usize = 256;

/// The tenant's work in its order.
pub(super) struct Feed {
    from_the_start: Cursor,
    /// Where the page in memory ends.
    cursor: Cursor,
    page: VecDeque<Candidate>,
    /// Nothing was due after this page when it was last asked.
    has_ended: bool,
    /// Told when more of the night is planned, and whether that is all of it.
    planned: watch::Receiver<bool>,
    /// Fetches that are due and must wait for a token, and until when on the monotonic clock.
    put_off: HashMap<FetchId, Duration>,
}

impl Feed {
    pub fn new(cursor: Cursor, planned: watch::Receiver<bool>) -> Self {
        let from_the_start = cursor.clone();
        let mut feed = Self { from_the_start, cursor, page: VecDeque::new(), has_ended: false, planned, put_off: HashMap::new() };
        feed.begin_anew();
        feed
    }

    /// What the feed is about, at its start.
    pub fn start(&self) -> &Cursor {
        &self.from_the_start
    }

    /// Whether nothing more was due when it was last asked. Only asking again tells whether that is still so.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The next fetch that may be pulled; `None` at the end, after which it begins anew.
    pub async fn next(&mut self, run: &TenantRun, pulls: &Pulls, ahead: &Ahead) -> Result<Option<Candidate>, RunError> {
        self.put_off.retain(|_, until| *until > run.shared.clock.elapsed());
        loop {
            if let Some(candidate) = self.page.pop_front() {
                if self.put_off.contains_key(&candidate.fetch) {
                    continue;
                }
                return Ok(Some(candidate));
            }
            if self.planned.has_changed().unwrap_or(false) {
                self.begin_anew();
            }
            let now = run.shared.clock.now_ms();
            let mut due = candidates(&run.shared.readers, &mut self.cursor, now).await?;
            self.has_ended = due.is_empty();
            if self.has_ended {
                // The end: the next page is the first one again, for what has become due since.
                self.cursor = self.from_the_start.clone();
                // While many wait for a token nothing more comes up, or all of a backfill would while one account logs in.
                if self.put_off.len() < MOST_PUT_OFF && (self.more_is_planned(run).await || run.come_up().await?) {
                    continue;
                }
                return Ok(None);
            }
            // What is in flight goes now, not when its turn comes: it may have ended by then, and what the page says of it would be of before.
            due.retain(|candidate| !pulls.has(candidate.fetch) && !ahead.has(candidate.fetch));
            self.page = due.into();
        }
    }

    /// Goes back to the start, before which more may have been planned; once all is, older fetches that nobody superseded are due as well.
    fn begin_anew(&mut self) {
        if *self.planned.borrow_and_update() {
            self.from_the_start.above = 0;
        }
        self.cursor = self.from_the_start.clone();
    }

    /// Waits until more of the night is planned than was when it was last read; false where all of it is, or the run ends.
    async fn more_is_planned(&mut self, run: &TenantRun) -> bool {
        let is_all = *self.planned.borrow() && !self.planned.has_changed().unwrap_or(false);
        !is_all && run.shared.stop.or(self.planned.changed()).await.is_some_and(|more| more.is_ok())
    }

    /// Gives back what was taken last, to be the next again.
    pub fn put_back(&mut self, candidate: Candidate) {
        self.page.push_front(candidate);
    }

    /// Leaves a fetch out until then.
    pub fn put_off(&mut self, fetch: FetchId, until: Duration) {
        self.put_off.insert(fetch, until);
    }

    /// When the first of those that were put off may be pulled.
    pub fn first_put_off(&self) -> Option<Duration> {
        self.put_off.values().min().copied()
    }
}
