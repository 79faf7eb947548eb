//! The order of work when some of it never succeeds: whom the server does not know stands in nobody's way.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use super::*;

#[tokio::test]
async fn patients_whom_nobody_knows_keep_the_others_from_being_asked_for_one_night_at_most() {
    let gone = Arc::new(AtomicBool::new(true));
    let server = Arc::clone(&gone);
    let stand_in = StandIn::start(1, 60, move |request| {
        let unknown = !request.is_token() && request.patient < 25 && server.load(SeqCst);
        if unknown { Answer::status(404) } else { request.good() }
    })
    .await;
    // They head the roster: nothing tells the first night that it is not another practice's.
    assert_eq!(stand_in.run(&["--again"]).await.code(), 65);
    for _ in 0..2 {
        let ended = stand_in.run(&["--again"]).await;
        assert_eq!(
            (ended.code(), &ended.json()["total"]["done"], &ended.json()["total"]["absent"]),
            (0, &35.into(), &25.into()),
            "{ended:#?}"
        );
    }
    // They come, and go again with the oldest charts of all.
    gone.store(false, SeqCst);
    assert_eq!(stand_in.run(&["--again"]).await.code(), 0);
    gone.store(true, SeqCst);
    let nights = [stand_in.run(&["--again"]).await.code(), stand_in.run(&["--again"]).await.code()];
    assert_eq!(nights[1], 0, "{nights:?}");
    assert_eq!(stand_in.run(&["--again"]).await.code(), 0);
}
