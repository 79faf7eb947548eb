//! Where requests go: through the proxy that the job names, whatever the environment says, and nowhere else.

use super::{
    marks::Leaks,
    server::{Asked, Server, reply},
    site::Site,
};

/// Every variable by which programs are told of proxies.
const VARIABLES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// A run whose environment names a proxy for everything, or for nothing.
async fn run(site: &Site, proxy: &str, no_proxy: &str, leaks: &mut Leaks) -> i32 {
    let mut command = site.command(&["run", "JOB", "--log-level", "trace"]);
    command.envs(VARIABLES.map(|name| (name, proxy))).env("NO_PROXY", no_proxy).env("no_proxy", no_proxy);
    site.watch(command, "a run", leaks).await.code()
}

#[tokio::test]
async fn the_environments_proxy_is_not_used() {
    let (server, proxy) = (Server::start(Asked::good).await, Server::start(Asked::good).await);
    let site = Site::new(&server.url);
    let mut leaks = Leaks::default();
    assert_eq!(run(&site, &proxy.url, "", &mut leaks).await, 0);
    assert_eq!((server.requests().len(), proxy.requests().len()), (6, 0));
    leaks.assert_none();
}

#[tokio::test]
async fn a_jobs_proxy_is_used_for_everything_whatever_the_environment_says() {
    let (proxy, other) = (Server::start(Asked::good).await, Server::start(Asked::good).await);
    // Nobody listens there: only a proxy can answer.
    let site = Site::new("http://127.0.0.1:1");
    site.edit("job.toml", "lock_wait", &format!("proxy = \"{}\"\nlock_wait", proxy.url));
    let mut leaks = Leaks::default();
    assert_eq!(run(&site, &other.url, "*", &mut leaks).await, 0);
    assert_eq!((proxy.requests().len(), other.requests().len()), (6, 0));
    assert!(proxy.requests().iter().all(|request| request.contains(" http://127.0.0.1:1/ccda/ccda/")));
    leaks.assert_none();
}

#[tokio::test]
async fn of_a_server_with_tls_a_proxy_learns_nothing_but_its_name() {
    let proxy = Server::start(|_| reply(502, "", "")).await;
    let site = Site::new("https://ehr.example");
    site.edit("job.toml", "lock_wait", &format!("proxy = \"{}\"\nlock_wait", proxy.url));
    let mut leaks = Leaks::default();
    assert_eq!(run(&site, "", "", &mut leaks).await, 69);
    let requests = proxy.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert!(request.starts_with("CONNECT ehr.example:443 HTTP/1.1\r\n"), "{request}");
        leaks.search("what a proxy sees", request.as_bytes());
    }
    leaks.assert_none();
}
