//! Paces on the manual clock.

use std::cell::RefCell;

use chrono::DateTime;
use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;

const STEP: Duration = Duration::from_millis(1);

fn at(clock: &Clock, per_second: f64, burst: u32, concurrent: u32) -> Pace {
    Pace::new(Whose::Host("ehr.example:443".into()), Rate { per_second, burst, concurrent }, clock.clone())
}

/// The milliseconds at which turns are given while somebody always waits for the next.
fn turns(clock: &Clock, turn: impl AsyncFn(), milliseconds: u64) -> Vec<u64> {
    let given = RefCell::new(Vec::new());
    let mut greedy = Box::pin(async {
        loop {
            turn().await;
            given.borrow_mut().push(clock.elapsed().as_millis() as u64);
        }
    });
    for _ in 0..milliseconds {
        assert!((&mut greedy).now_or_never().is_none());
        clock.advance(STEP);
    }
    drop(greedy);
    given.into_inner()
}

/// The most turns that any second holds.
fn busiest_second(given: &[u64]) -> usize {
    (0..given.len()).map(|first| given[first..].iter().take_while(|&&turn| turn < given[first] + 1000).count()).max().unwrap_or_default()
}

fn manual() -> Clock {
    Clock::manual(DateTime::UNIX_EPOCH)
}

#[test]
fn fifty_a_second_are_fifty_a_second_after_the_burst() {
    let clock = manual();
    let pace = at(&clock, 50.0, 50, 1);
    let given = turns(&clock, async || assert!(pace.turn(std::future::ready(())).await), 60_000);
    for second in 2..60 {
        let count = given.iter().filter(|&&turn| turn / 1000 == second).count();
        assert!((49..=50).contains(&count), "{count} in second {second}");
    }
    assert!(busiest_second(&given) <= 100);
}

#[test]
fn rates_below_one_a_second_are_kept() {
    let clock = manual();
    let pace = at(&clock, 0.2, 1, 1);
    assert_eq!(turns(&clock, async || assert!(pace.turn(std::future::ready(())).await), 15_001), [0, 5_000, 10_000, 15_000]);
}

#[test]
fn tenants_of_one_host_share_its_rate_and_none_exceeds_its_own() {
    let clock = manual();
    let host = Arc::new(at(&clock, 4.0, 1, 64));
    let fast = Lane::new(at(&clock, 100.0, 1, 1), Arc::clone(&host));
    let slow = Lane::new(at(&clock, 1.0, 1, 1), host);
    let of_slow = RefCell::new(Vec::new());
    let both = async || {
        tokio::select! { biased;
            () = slow.turn() => of_slow.borrow_mut().push(clock.elapsed().as_millis() as u64),
            () = fast.turn() => {}
        }
    };
    assert!(turns(&clock, both, 20_000).len() <= 81);
    assert!(busiest_second(&of_slow.into_inner()) <= 2);
}

#[test]
fn turns_that_wait_for_the_host_do_not_heap_up() {
    let clock = manual();
    let host = Arc::new(at(&clock, 1.0, 1, 64));
    let lane = Lane::new(at(&clock, 5.0, 1, 8), Arc::clone(&host));
    let mut blocked = Box::pin(host.turn(std::future::pending()));
    assert!((&mut blocked).now_or_never().is_none());
    let mut queue: Vec<_> = (0..8).map(|_| Box::pin(lane.turn())).collect();
    for _ in 0..20_000 {
        assert!(queue.iter_mut().all(|turn| turn.now_or_never().is_none()));
        clock.advance(STEP);
    }
    drop(blocked);
    let free = queue.iter_mut().filter_map(|turn| turn.now_or_never()).count();
    assert!(free <= 1, "{free} at once");
}

#[test]
fn a_wall_clock_that_jumps_moves_no_rate() {
    let clock = manual();
    let pace = at(&clock, 1.0, 1, 1);
    let jumping = async || {
        pace.turn(std::future::ready(())).await;
        clock.jump(if clock.elapsed().as_secs().is_multiple_of(2) { 3_600_000 } else { -7_200_000 });
    };
    assert_eq!(turns(&clock, jumping, 3_001), [0, 1_000, 2_000, 3_000]);
}

#[tokio::test]
async fn a_task_of_its_own_may_wait_and_the_rate_be_read_meanwhile() {
    let clock = manual();
    let lane = Arc::new(Lane::new(at(&clock, 0.5, 1, 1), Arc::new(at(&clock, 9.0, 9, 9))));
    lane.turn().await;
    let waiting = tokio::spawn({
        let lane = Arc::clone(&lane);
        async move {
            let _place = lane.place().await;
            lane.turn().await;
        }
    });
    tokio::task::yield_now().await;
    assert_eq!(lane.tenant().per_second(), 0.5);
    clock.advance(Duration::from_secs(2));
    waiting.await.unwrap();
}

#[test]
fn a_halved_rate_is_kept_and_climbs_back_while_turns_are_taken() {
    let clock = manual();
    let pace = at(&clock, 10.0, 1, 1);
    pace.slow_down(Reason::Throttled);
    assert_eq!(pace.per_second(), 5.0);
    let given = turns(&clock, async || assert!(pace.turn(std::future::ready(())).await), 80_000);
    let in_second = |second: u64| given.iter().filter(|&&turn| turn / 1000 == second).count();
    assert!((4..=5).contains(&in_second(5)), "{}", in_second(5));
    assert!((6..=7).contains(&in_second(25)), "{}", in_second(25));
    assert!((9..=10).contains(&in_second(70)), "{}", in_second(70));
    assert_eq!(pace.per_second(), 10.0);
}

#[test]
fn a_pause_sends_away_who_may_leave_and_holds_back_who_waits_for_its_turn_already() {
    let clock = manual();
    let pace = at(&clock, 1.0, 1, 1);
    let lane = Lane::new(pace, Arc::new(at(&clock, 9.0, 9, 9)));
    lane.turn().now_or_never().unwrap();
    let mut leaving = Box::pin(lane.turn_unless_paused());
    let mut waiting = Box::pin(lane.turn());
    assert!((&mut leaving).now_or_never().is_none() && (&mut waiting).now_or_never().is_none());
    lane.tenant().pause(Duration::from_secs(30));
    clock.advance(Duration::from_secs(29));
    assert_eq!((&mut leaving).now_or_never(), Some(false));
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(lane.tenant().paused_for(), Duration::from_secs(1));
    clock.advance(Duration::from_secs(1));
    assert!((&mut waiting).now_or_never().is_some());
}

#[test]
fn places_are_given_in_order_and_given_back_when_dropped() {
    let clock = manual();
    let lane = Lane::new(at(&clock, 1.0, 1, 2), Arc::new(at(&clock, 1.0, 1, 1)));
    let held = lane.place().now_or_never().unwrap();
    let mut first = Box::pin(lane.place());
    let mut second = Box::pin(lane.place());
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    drop(held);
    assert!((&mut second).now_or_never().is_none() && (&mut first).now_or_never().is_some());
}

#[test]
fn a_token_is_asked_for_within_the_place_of_the_fetch_that_needs_it() {
    let clock = manual();
    let host = Arc::new(at(&clock, 1.0, 1, 1));
    let (documents, tokens) = (Lane::new(at(&clock, 1.0, 1, 8), Arc::clone(&host)), Lane::new(at(&clock, 1.0, 1, 1), host));
    let fetch = documents.place().now_or_never().unwrap();
    let login = tokens.place_within(&fetch).now_or_never();
    assert!(login.is_some());
    assert!(tokens.place_within(&fetch).now_or_never().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_second_holds_more_than_rate_and_burst(per_second in 0.1f64..200.0, burst in 1u32..20) {
        let clock = manual();
        let pace = at(&clock, per_second, burst, 1);
        let given = turns(&clock, async || assert!(pace.turn(std::future::ready(())).await), 5_000);
        prop_assert!(busiest_second(&given) as f64 <= per_second + f64::from(burst) + 1.0);
        let expected = (5.0 * per_second).floor() + f64::from(burst);
        prop_assert!(given.len() as f64 >= expected * 0.9 - 1.0);
    }
}
