//! This program never locks anyone out.

use std::time::Duration;

use ccda_export::report::ExitCode;

use super::*;

#[tokio::test]
async fn a_wrong_password_that_is_run_every_minute_for_a_day_is_tried_three_times() {
    let stand_in = StandIn::start(1, 2, |_| Answer::oauth(401, "invalid_grant", "Invalid user credentials")).await;
    let clock = manual::clock();
    let mut tried_at = Vec::new();
    for minute in 0..24 * 60 {
        let before = stand_in.logins();
        let end = manual::run_in_no_time(&stand_in, &clock).await;
        assert_eq!(end.exit_code, ExitCode::Denied);
        if stand_in.logins() > before {
            tried_at.push(minute);
        }
        clock.advance(Duration::from_secs(60));
    }
    // After one hour, and four hours after that: thirty failures would lock the user.
    assert_eq!((stand_in.logins(), tried_at), (3, vec![0, 60, 300]));
    assert_eq!(stand_in.documents(), 0);
    stand_in.check_books().await;
}
