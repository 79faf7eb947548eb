//! The server: its address, its routes, its life. What the endpoints answer is said by `login` and `patient_data`.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Form, Json, Router,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

use super::{
    SandboxOptions,
    chance::Chance,
    conduct::Conduct,
    directory::Directory,
    journal::{Facts, Journal, Kind},
    login::{self, LoginForm},
    patient_data::{self, DocumentQuery},
    roster,
    tokens::Tokens,
    visitor::{Busy, Visitor},
};

/// How long requests in flight may go on after [`Sandbox::stop`].
const GRACE: Duration = Duration::from_secs(5);

/// A sandbox that serves. Dropped without [`stop`](Self::stop) it goes on until the runtime ends.
#[derive(Debug)]
pub struct Sandbox {
    pub(super) world: Arc<World>,
    address: SocketAddr,
    /// Kept, so that the address stays ours whatever becomes of the runtime that serves.
    listener: std::net::TcpListener,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

/// All that the handlers share.
#[derive(Debug)]
pub(super) struct World {
    pub directory: Directory,
    pub options: SandboxOptions,
    tokens: Mutex<Tokens>,
    chance: Mutex<Chance>,
    journal: Mutex<Journal>,
    documents: AtomicU64,
    pub busy: Busy,
    pub conduct: Mutex<Conduct>,
    /// Reading of the clock at the start.
    started: Duration,
}

fn listen(port: u16) -> io::Result<std::net::TcpListener> {
    let bound = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = bound.map_err(|error| io::Error::new(error.kind(), format!("cannot listen on port {port}: {error}")))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

type Stop = oneshot::Sender<()>;
type Task = JoinHandle<io::Result<()>>;

/// Serves on the runtime of the caller.
fn serve(world: &Arc<World>, listener: &std::net::TcpListener) -> io::Result<(Stop, Task)> {
    let listener = TcpListener::from_std(listener.try_clone()?)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, router(Arc::clone(world))).with_graceful_shutdown(async {
        // A sender that was dropped means that nobody will stop us: only a message does.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    Ok((stop, tokio::spawn(async move { server.await })))
}

impl World {
    /// The tokens, for a moment.
    pub fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The source of new tokens, for a moment.
    pub fn chance(&self) -> MutexGuard<'_, Chance> {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a new document request; no two have the same.
    pub fn next_document(&self) -> u64 {
        self.documents.fetch_add(1, Ordering::Relaxed)
    }

    pub fn record(&self, kind: Kind, facts: Facts, status: Option<u16>, came_at: Duration) {
        // 64 bits of milliseconds last half a billion years.
        let times = [came_at, self.options.clock.elapsed()].map(|at| at.saturating_sub(self.started).as_millis() as u64);
        self.journal().record(kind, facts, status, times);
    }

    /// What was asked so far, for a moment.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Makes everybody and begins to serve on 127.0.0.1. Fails on options that contradict each other (`InvalidInput`, with words for the operator), on
    /// files that cannot be listed and on a port that is taken.
    pub async fn start(options: SandboxOptions) -> io::Result<Self> {
        let mut chance = Chance::new(options.seed);
        let directory = Directory::new(&options, &mut chance)?;
        let tokens = Tokens::new(options.token_lifetime, options.revoke_after, options.clock.now().timestamp());
        let listener = listen(options.port)?;
        let address = listener.local_addr()?;
        let conduct = Mutex::new(Conduct::new(&options));
        let world = Arc::new(World {
            directory,
            started: options.clock.elapsed(),
            options,
            tokens: Mutex::new(tokens),
            chance: Mutex::new(chance),
            journal: Mutex::default(),
            documents: AtomicU64::new(1),
            busy: Busy::default(),
            conduct,
        });
        let (stop, task) = serve(&world, &listener)?;
        Ok(Self { world, address, listener, stop, task })
    }

    /// Goes on serving, with all that it knows, on the runtime of the caller: the one that it served on is gone, and every connection with it.
    pub fn serve_here(&mut self) -> io::Result<()> {
        (self.stop, self.task) = serve(&self.world, &self.listener)?;
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Writes `roster.toml`, `patients.csv`, `job.toml`, and for more than 20 accounts `credentials.csv`, into this folder, which is made where it does
    /// not exist. For nobody but the owner: they hold secrets.
    pub fn write_roster(&self, folder: &Path) -> io::Result<()> {
        roster::write(&self.world.directory, self.address, folder)
    }

    /// Takes no more connections, waits for what is in flight, 5 s at most, and ends.
    pub async fn stop(mut self) {
        // Fails only if the server has already ended, which is what we want.
        let _ = self.stop.send(());
        if timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/ccda/ccda/generate-token", post(generate_token))
        .route("/ccda/ccda/patient_data", get(patient_document))
        .route("/sandbox/requests", get(requests))
        .fallback(not_found)
        // The contract knows no 405: a wrong method is a wrong endpoint.
        .method_not_allowed_fallback(not_found)
        .with_state(world)
}

async fn generate_token(State(world): State<Arc<World>>, headers: HeaderMap, form: Result<Form<LoginForm>, FormRejection>) -> Response {
    let mut visitor = Visitor::new(&world, Kind::Token, facts(&headers));
    let response = login::answer(&world, form.ok().map(|Form(form)| form), &mut visitor).await;
    visitor.answered(response)
}

async fn patient_document(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    query: Result<Query<DocumentQuery>, QueryRejection>,
) -> Response {
    let mut visitor = Visitor::new(&world, Kind::Document, facts(&headers));
    let response = patient_data::answer(&world, &headers, query.ok().map(|Query(query)| query), &mut visitor).await;
    visitor.answered(response)
}

async fn requests(State(world): State<Arc<World>>) -> Response {
    Json(&*world.journal()).into_response()
}

async fn not_found(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    Visitor::new(&world, Kind::Other, facts(&headers)).answered(refusal(StatusCode::NOT_FOUND, "Not Found"))
}

fn facts(headers: &HeaderMap) -> Facts {
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Facts { content_type, ..Facts::default() }
}

/// A refusal in the vendor's manner: a status, and a message that does not say why.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(serde_json::json!({ "message": message }))).into_response()
}
