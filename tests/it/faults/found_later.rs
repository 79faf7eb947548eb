//! FAULTS.md, "Found later, same rules".

use super::{bodies::dead_after_a_new_token, *};

#[tokio::test]
async fn fault_71_a_token_of_another_tenant_or_of_none_fetches_nothing() {
    let none = r#"{"token":{"access_token":"ey.access-0-1","expires_in":900,"token_type":"Bearer"}}"#;
    for tenant in [Some("TENANT_ZZ"), Some("tenant_ab"), Some(""), None] {
        let script = move |request: &Request| match tenant {
            Some(tenant) if request.is_token() => request.token_with(r#""expires_in":900"#, tenant),
            None if request.is_token() => Answer::body(200, "application/json", none),
            _ => request.good(),
        };
        let stand_in = StandIn::start(1, 3, script).await;
        let ended = stand_in.run(&[]).await;
        assert_eq!(ended.code(), 77, "{ended:#?}");
        assert_eq!((stand_in.logins(), stand_in.documents()), (1, 0));
        assert_eq!(stand_in.site.accounts().await, ["suspended wrong_tenant"]);
        assert_eq!(stand_in.site.failing().await, all(3, "pending wrong_tenant"));
        assert_eq!(stand_in.site.attempts().await, ["token 200 permanent wrong_tenant"]);
        assert_eq!(ended.told("wrong_tenant").len(), 1, "{ended:#?}");
        assert_eq!(stand_in.run(&[]).await.code(), 77);
        assert_eq!(stand_in.logins(), 1);
    }
}

#[tokio::test]
async fn fault_72_a_chart_that_is_not_well_formed_at_its_full_length_is_kept_and_dead_after_a_new_token() {
    let broken = stand_in::chart(2).replace("</recordTarget>", "");
    dead_after_a_new_token(Answer::body(200, "application/xml", broken.clone()), &broken, "malformed").await;
}

#[tokio::test]
async fn fault_74_a_roster_that_lost_more_than_a_fifth_is_refused_until_it_is_accepted() {
    let stand_in = StandIn::start(1, 10, Request::good).await;
    assert_eq!(stand_in.run(&[]).await.code(), 0);
    let roster = std::fs::read_to_string(stand_in.site.path("patients.csv")).unwrap();
    let without = |gone: usize| roster.lines().take(11 - gone).collect::<Vec<_>>().join("\n") + "\n";

    stand_in.site.write("patients.csv", &without(3));
    let before = stand_in.requests().len();
    let refused = stand_in.run(&["--again"]).await;
    assert_eq!(refused.code(), 65, "{refused:#?}");
    assert!(refused.stderr.contains("--accept-roster") && refused.stderr.contains("3 of the 10"), "{refused:#?}");
    assert_eq!(stand_in.requests().len(), before);
    assert_eq!(stand_in.site.count("SELECT count(*) FROM patients WHERE removed_at IS NOT NULL").await, 0);
    assert_eq!(stand_in.site.lines("SELECT exit_code FROM runs ORDER BY id").await, ["0", "65"]);

    assert_eq!(stand_in.site.call("check", &["--accept-roster"]).await.code(), 0);
    assert_eq!(stand_in.run(&["--again"]).await.code(), 0);
    assert_eq!(stand_in.site.count("SELECT count(*) FROM patients WHERE removed_at IS NOT NULL").await, 3);
    assert_eq!(stand_in.requests().len(), before + 1 + 7);

    // A fifth and no more is an ordinary day.
    stand_in.site.write("patients.csv", &without(4));
    assert_eq!(stand_in.run(&["--again"]).await.code(), 0);
}

#[tokio::test]
async fn fault_77_ten_rejected_accounts_and_none_accepted_rest_the_tenant() {
    let stand_in = StandIn::start(100, 200, |_| Answer::oauth(401, "invalid_grant", "Invalid user credentials")).await;
    stand_in.site.edit("job.toml", "[limits.tokens]", "[limits.tokens]\nconcurrent = 16");
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 60");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 77, "{ended:#?}");
    assert_eq!((stand_in.logins(), stand_in.documents()), (10, 0));
    assert_eq!(stand_in.site.tenant().await, "resting rejected_login");
    assert_eq!(stand_in.site.count("SELECT count(*) FROM accounts WHERE state = 'suspended'").await, 10);
    assert_eq!(stand_in.site.failing().await, all(200, "pending rejected_login"));
    assert_eq!(stand_in.site.fetches().await, all(200, "pending - 0"));
    // Ten accounts, and the tenant.
    assert_eq!(ended.told("rejected_login").len(), 11, "{ended:#?}");
}

#[tokio::test]
async fn fault_77_with_one_account_accepted_the_others_are_judged_one_by_one() {
    let script = |request: &Request| match request.account {
        0 => request.good(),
        _ => Answer::oauth(401, "invalid_grant", "Invalid user credentials"),
    };
    let stand_in = StandIn::start(30, 60, script).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 77, "{ended:#?}");
    assert_eq!((stand_in.logins(), stand_in.documents()), (30, 2));
    assert_eq!(stand_in.site.tenant().await, "active -");
    assert_eq!(ended.json()["total"]["done"], 2);
}
