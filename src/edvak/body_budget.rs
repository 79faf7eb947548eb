//! The memory that all bodies may take together.
//!
//! A body is held from the request until it is committed. Every request first takes a small share, in which nearly every chart fits. A body that
//! outgrows it waits, first come first served, for as much as it may come to. The two kinds of share lie in pools of their own: whoever holds
//! a large one waits for nobody, so it ends and is given back, and no set of requests can wait for each other in a ring.
//! Only bodies count; the buffers of a connection (half a MiB at most) are bounded by the requests in flight.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a request takes before it is sent.
pub(super) const SMALL: u64 = 1 << 20;

/// Shares are counted in units, because tokio's semaphores count in `u32`.
const UNIT: u64 = 1 << 10;

/// Two pools of memory; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct BodyBudget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// A share of the memory for bodies, given back when it is dropped.
#[derive(Debug)]
pub struct BodyHold {
    permit: OwnedSemaphorePermit,
    large: Arc<Semaphore>,
}

impl BodyBudget {
    /// Divides `memory_limit`: a quarter for small shares, the rest for large ones, and always enough of it for one body of `body_limit`.
    /// `None` where `memory_limit` has no room for one body and one small share beside it. All in bytes.
    pub(super) fn new(memory_limit: u64, body_limit: u64) -> Option<Self> {
        let beside = memory_limit.checked_sub(body_limit)?;
        let small = (memory_limit / 4).min(beside);
        if small < SMALL || units(memory_limit) > u64::from(u32::MAX) {
            return None;
        }
        // Rounded up as shares are: else a body of exactly the limit might wait for ever.
        let pool = |bytes: u64| Arc::new(Semaphore::new(units(bytes) as usize));
        Some(Self { small: pool(small), large: pool(memory_limit - small) })
    }

    /// A small share, once there is one.
    pub(super) async fn reserve(&self) -> BodyHold {
        BodyHold { permit: take(&self.small, SMALL).await, large: Arc::clone(&self.large) }
    }
}

impl BodyHold {
    /// Exchanges the small share for one of `bytes`, at most the body limit, once there is one.
    pub(super) async fn enlarge(&mut self, bytes: u64) {
        self.permit = take(&self.large, bytes).await;
    }

    /// Gives back what is beyond `bytes`.
    pub(super) fn trim(&mut self, bytes: u64) {
        let spare = self.permit.num_permits().saturating_sub(units(bytes) as usize);
        drop(self.permit.split(spare));
    }
}

fn units(bytes: u64) -> u64 {
    bytes.div_ceil(UNIT)
}

async fn take(pool: &Arc<Semaphore>, bytes: u64) -> OwnedSemaphorePermit {
    // `new` refuses pools of more units than a `u32` counts, and no share is larger than its pool.
    let units = u32::try_from(units(bytes)).unwrap_or(u32::MAX);
    Arc::clone(pool).acquire_many_owned(units).await.expect("the pools are never closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const MIB: u64 = 1 << 20;

    #[test]
    fn memory_without_room_for_one_body_is_refused() {
        assert!(BodyBudget::new(64 * MIB, 64 * MIB).is_none());
        assert!(BodyBudget::new(65 * MIB, 64 * MIB).is_some());
        assert!(BodyBudget::new(MIB, 10).is_none());
        assert!(BodyBudget::new(u64::MAX, 64 * MIB).is_none());
    }

    #[tokio::test]
    async fn large_bodies_wait_for_each_other_and_small_ones_do_not_wait_for_them() {
        let budget = BodyBudget::new(65 * MIB, 64 * MIB).unwrap();
        let mut first = budget.reserve().await;
        first.enlarge(64 * MIB).await;
        let mut second = budget.reserve().await;
        assert!(second.enlarge(64 * MIB).now_or_never().is_none());
        first.trim(1);
        assert!(second.enlarge(63 * MIB).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_trimmed_share_makes_room_for_others() {
        let budget = BodyBudget::new(65 * MIB, 64 * MIB).unwrap();
        let mut held = budget.reserve().await;
        assert!(budget.reserve().now_or_never().is_none());
        held.trim(0);
        assert!(budget.reserve().now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_body_of_exactly_the_limit_always_fits_when_alone() {
        for body in [3 * MIB + 1, 5 * MIB - 1, 64 * MIB + 513] {
            let budget = BodyBudget::new(body + MIB, body).unwrap();
            let mut hold = budget.reserve().await;
            assert!(hold.enlarge(body).now_or_never().is_some(), "{body}");
        }
    }
}
