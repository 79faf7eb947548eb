//! One tenant's part of a run: takes what is due there in order, keeps as many pulls in flight as there are places, and waits for what is due soon.
//!
//! Each tenant has a loop of its own, so that a slow or dead one delays no other.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::Millis,
    edvak::{Broken, Pass, Place},
    store::fetches::{Candidate, next_due, pull_in},
};

use super::{
    RunError,
    ahead::Ahead,
    feed::Feed,
    pull::Work,
    pulls::Pulls,
    tenant::{TenantRun, later},
};

/// Longest that a breaker may be open before the run stops waiting for it.
const LONGEST_BREAK: Duration = Duration::from_secs(600);

/// Whether one more pull may start.
enum Leave {
    Given(Pass),
    /// Not before so much time has passed, or one in flight has ended.
    Wait(Option<Duration>),
    /// Not in this run.
    Never,
}

/// Gives back what was taken last, to be the next again.
fn put_back(work: Work, ahead: &mut Ahead, feed: &mut Feed) {
    match work.is_claimed {
        true => ahead.put_back(work.candidate),
        false => feed.put_back(work.candidate),
    }
}

impl TenantRun {
    /// Works off what is due, until nothing is, or nothing soon enough, or the run ends.
    pub async fn work(self: Arc<Self>, mut pulls: Pulls) -> Result<(), RunError> {
        let (mut feed, mut ahead) = (Feed::new(self.cursor.clone(), self.planned.subscribe()), Ahead::default());
        while self.may_go_on() {
            pulls.reap()?;
            self.show_paces().await?;
            self.claim_ahead(&mut ahead, &mut feed, &pulls).await?;
            if ahead.is_yet_to_come() {
                self.wait(None, &mut pulls, &mut ahead).await?;
                continue;
            }
            let Some(work) = self.next(&mut ahead, &mut feed, &pulls).await? else {
                if self.wait_for_more(&feed, &mut pulls, &mut ahead).await? { continue } else { break }
            };
            match self.leave(&mut pulls) {
                Leave::Given(pass) => match self.shared.stop.or(self.place(pass)).await {
                    // The place comes before the task: no task waits for one.
                    Some(place) if self.may_go_on() => pulls.start(Arc::clone(&self), work, place),
                    _ => put_back(work, &mut ahead, &mut feed),
                },
                Leave::Wait(time) => {
                    put_back(work, &mut ahead, &mut feed);
                    if time.is_some() {
                        ahead.give_back(&self).await?;
                    }
                    self.wait(time, &mut pulls, &mut ahead).await?;
                }
                Leave::Never => {
                    put_back(work, &mut ahead, &mut feed);
                    break;
                }
            }
        }
        ahead.give_back(&self).await?;
        pulls.finish().await?;
        Ok(self.show_paces().await?)
    }

    /// Has as many of the next claimed as the limits let through in a moment, as long as nothing but a place is missing to send them.
    async fn claim_ahead(self: &Arc<Self>, ahead: &mut Ahead, feed: &mut Feed, pulls: &Pulls) -> Result<(), RunError> {
        while ahead.len() < self.client.ahead()
            && !feed.has_ended()
            && let Some(candidate) = feed.next(self, pulls, ahead).await?
        {
            if !self.may_be_claimed_ahead(&candidate) {
                feed.put_back(candidate);
                break;
            }
            ahead.choose(candidate);
        }
        ahead.claim(self);
        Ok(())
    }

    /// Of one that earlier runs lost nobody knows whether it was sent; it is not to be lost once more before it is.
    fn may_be_claimed_ahead(&self, candidate: &Candidate) -> bool {
        candidate.losses == 0
            && self.may_ask(candidate.account)
            && self.has_token(candidate)
            && self.client.circuit().is_closed()
            && self.client.documents().tenant().paused_for().is_zero()
    }

    /// What is to be pulled next, what is claimed first.
    async fn next(&self, ahead: &mut Ahead, feed: &mut Feed, pulls: &Pulls) -> Result<Option<Work>, RunError> {
        if let Some(candidate) = ahead.next() {
            return Ok(Some(Work { candidate, is_claimed: true }));
        }
        while let Some(candidate) = feed.next(self, pulls, ahead).await? {
            let delay = self.token_delay(&candidate);
            if !delay.is_zero() {
                // Its place is somebody else's meanwhile.
                feed.put_off(candidate.fetch, self.shared.clock.elapsed() + delay);
            } else if self.may_ask(candidate.account) {
                return Ok(Some(Work { candidate, is_claimed: false }));
            }
        }
        Ok(None)
    }

    /// Whether one more pull may start: the tenant has its part of the host's places and no more, no pause was asked for, no breaker is open.
    fn leave(&self, pulls: &mut Pulls) -> Leave {
        pulls.enter(self);
        if pulls.are_full(self.client.share()) {
            return Leave::Wait(None);
        }
        let pause = self.client.documents().tenant().paused_for();
        if !pause.is_zero() {
            return if pause <= self.longest_wait() { Leave::Wait(Some(pause)) } else { Leave::Never };
        }
        match self.client.circuit().pass() {
            Ok(pass) => Leave::Given(pass),
            Err(Broken { wait, open_for }) if open_for + wait <= self.longest_wait().min(LONGEST_BREAK) => Leave::Wait(Some(wait)),
            Err(Broken { open_for, .. }) => {
                tracing::warn!(tenant = %self.tenant.name, open_seconds = open_for.as_secs(), "the run no longer waits for a breaker to close");
                Leave::Never
            }
        }
    }

    async fn place(&self, pass: Pass) -> Place {
        let place = self.client.documents().place().await;
        match pass {
            Pass::Free => place,
            Pass::Probe => place.for_probe(),
        }
    }

    /// Waits for a pull to end or a retry to become due; false when neither will happen soon enough.
    async fn wait_for_more(&self, feed: &Feed, pulls: &mut Pulls, ahead: &mut Ahead) -> Result<bool, RunError> {
        let wait = self.soon_due_in(feed).await?;
        if pulls.is_empty() {
            // What was held back is due at once, and may be what nothing else will remind us of.
            if pulls.take_held_back() {
                return Ok(true);
            }
            if wait.is_none() {
                return Ok(false);
            }
        }
        self.wait(wait, pulls, ahead).await?;
        Ok(true)
    }

    /// Time until something is due that was not, if the run may wait for it. At least a moment: what is due and still in a task's hands is not to be
    /// asked for in a ring.
    pub(super) async fn soon_due_in(&self, feed: &Feed) -> Result<Option<Duration>, RunError> {
        let wait = self.next_due_in(feed).await?.filter(|wait| *wait <= self.longest_wait());
        Ok(wait.map(|wait| wait.max(Duration::from_millis(10))))
    }

    /// Time until something is due that was not, or was put off.
    async fn next_due_in(&self, feed: &Feed) -> Result<Option<Duration>, RunError> {
        let now = self.shared.clock.now_ms();
        let due = next_due(&self.shared.readers, feed.start(), now).await?;
        let latest = later(now, self.shared.settings.retry.furthest());
        if due.is_some_and(|due| due > latest) {
            self.pull_in(latest, now).await?;
            return Ok(Some(Duration::ZERO));
        }
        let due = due.map(|due| Duration::from_millis(u64::try_from(due - now).unwrap_or(0)));
        let put_off = feed.first_put_off().map(|until| until.saturating_sub(self.shared.clock.elapsed()));
        Ok(match (due, put_off) {
            // What is due and was put off is not due before.
            (Some(due), Some(put_off)) if !due.is_zero() => Some(due.min(put_off)),
            (_, Some(put_off)) => Some(put_off),
            (due, None) => due,
        })
    }

    /// The wall clock was set back: what was due in a moment is not to be due in an hour.
    async fn pull_in(&self, latest: Millis, now: Millis) -> Result<(), RunError> {
        let job = self.cursor.job.clone();
        let write = self.shared.writer.write(Box::new(move |c| Box::pin(async move { pull_in(c, &job, latest, now).await.map(Some) })));
        let fetches = write.await?;
        tracing::warn!(tenant = %self.tenant.name, fetches, "the clock was set back: due dates too far ahead are pulled in");
        Ok(())
    }

    /// Waits so long, or until a pull ends or gives its place back, claims are written or the run ends.
    async fn wait(&self, time: Option<Duration>, pulls: &mut Pulls, ahead: &mut Ahead) -> Result<(), RunError> {
        pulls.leave();
        let time = async {
            match time {
                Some(time) => self.shared.clock.sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = pulls.change() => changed,
            changed = ahead.change() => changed,
            () = time => Ok(()),
            () = self.shared.stop.finishing() => Ok(()),
        }
    }

    /// Longest that the run may wait for something at this moment.
    fn longest_wait(&self) -> Duration {
        self.shared.settings.patience.min(self.shared.ends_at.saturating_sub(self.shared.clock.elapsed()))
    }

    pub fn may_go_on(&self) -> bool {
        !self.shared.stop.is_finishing() && self.may_ask_tenant() && self.is_permitted_now()
    }

    /// Whether the tenant's local time lies in its permitted hours.
    fn is_permitted_now(&self) -> bool {
        let local = self.shared.clock.now().with_timezone(&self.tenant.zone);
        self.tenant.permitted_hours.is_none_or(|hours| hours.contain(local.time()))
    }
}
