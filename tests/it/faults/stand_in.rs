//! The server's side: HTTP/1.1 by hand on loopback, so that it can misbehave in any way, and counts what reaches it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Barrier,
};

use super::Site;
use crate::harness::Ended;

/// Which endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Token,
    Document,
}

/// What a script has to answer.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub kind: Kind,
    /// Number of the account, from 0.
    pub account: usize,
    /// Number of the patient, from 0; of a token request 0.
    pub patient: usize,
    /// How often this has been asked: a token of this account, or this patient's document; from 1.
    pub nth: usize,
    /// Of a document request: which token of its account it came with, from 1.
    pub token: usize,
}

/// What the server does.
#[derive(Clone)]
pub enum Answer {
    /// A whole answer: status, further header lines with their line ends, body.
    Reply(u16, String, Vec<u8>),
    /// Exactly these bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// The first so many bytes at once, the rest one by one with this pause before each.
    Dribble(Vec<u8>, usize, Duration),
    /// Nothing, for ever.
    Hang,
    /// This, once all who are to meet at the barrier are there.
    Meet(Arc<Barrier>, Box<Answer>),
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self::Reply(status, String::new(), Vec::new())
    }

    pub fn body(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Reply(status, format!("Content-Type: {media_type}\r\n"), body.into())
    }

    pub fn html(status: u16) -> Self {
        Self::body(status, "text/html", "<!DOCTYPE html><html><body>Please log in</body></html>")
    }

    /// An OAuth error as Keycloak words it.
    pub fn oauth(status: u16, error: &str, description: &str) -> Self {
        Self::body(status, "application/json", format!(r#"{{"error":"{error}","error_description":"{description}"}}"#))
    }
}

impl Request {
    /// The next token of the account.
    pub fn token(&self) -> Answer {
        self.token_with(r#""expires_in":900"#, "TENANT_AB")
    }

    /// The same with this life and this tenant.
    pub fn token_with(&self, life: &str, tenant: &str) -> Answer {
        let token = format!("ey.access-{}-{}", self.account, self.nth);
        let json = format!(
            r#"{{"message":"ok","token":{{"access_token":"{token}",{life},"token_type":"Bearer","not-before-policy":1,"tenant":"{tenant}"}}}}"#
        );
        Answer::body(200, "application/json", json)
    }

    /// The patient's chart.
    pub fn chart(&self) -> Answer {
        Answer::body(200, "application/xml", chart(self.patient))
    }

    /// What a good server answers.
    pub fn good(&self) -> Answer {
        match self.kind {
            Kind::Token => self.token(),
            Kind::Document => self.chart(),
        }
    }

    pub fn is_token(&self) -> bool {
        self.kind == Kind::Token
    }

    pub fn is_of(&self, patient: usize) -> bool {
        self.kind == Kind::Document && self.patient == patient
    }
}

/// The least that is a chart, of this patient.
pub fn chart(patient: usize) -> String {
    format!(
        "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{patient}\"/>\
         <recordTarget><patientRole><id root=\"1.2.4\" extension=\"MRN-{patient}\"/></patientRole></recordTarget></ClinicalDocument>"
    )
}

type Script = dyn Fn(&Request) -> Answer + Send + Sync;

/// A server with the site that asks it.
pub struct StandIn {
    pub site: Site,
    pub url: String,
    state: Arc<State>,
}

struct State {
    script: Box<Script>,
    requests: Mutex<Vec<Request>>,
    in_flight: AtomicUsize,
}

impl StandIn {
    /// Serves by `script` the accounts and patients of a site.
    pub async fn start(accounts: usize, patients: usize, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { script: Box::new(script), requests: Mutex::default(), in_flight: AtomicUsize::new(0) });
        tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { site: Site::new(&url, accounts, patients, ""), url, state }
    }

    /// A run by the binary, after which its books must be right.
    pub async fn run(&self, args: &[&str]) -> Ended {
        let ended = self.site.run(args).await;
        self.check_books().await;
        ended
    }

    /// Every request on the server's list has its row and no row is without one; nothing is left in anybody's hands.
    pub async fn check_books(&self) {
        let logins = self.site.count("SELECT count(*) FROM attempts WHERE kind = 'token'").await;
        let documents = self.site.count("SELECT count(*) FROM attempts WHERE kind <> 'token'").await;
        assert_eq!((logins, documents), (self.logins(), self.documents()));
        let odd = "SELECT (SELECT count(*) FROM fetches WHERE state = 'leased'), (SELECT count(*) FROM attempts WHERE outcome IS NULL),
                   (SELECT count(*) FROM bodies WHERE length(bytes) <> length)";
        assert_eq!(self.site.lines(odd).await, ["0 0 0"]);
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Token requests so far.
    pub fn logins(&self) -> usize {
        self.requests().iter().filter(|request| request.is_token()).count()
    }

    /// Document requests so far, replays included.
    pub fn documents(&self) -> usize {
        self.requests().iter().filter(|request| !request.is_token()).count()
    }

    pub fn documents_of(&self, patient: usize) -> usize {
        self.requests().iter().filter(|request| request.is_of(patient)).count()
    }

    /// Whether somebody waits for an answer at this moment.
    pub fn is_busy(&self) -> bool {
        self.state.in_flight.load(SeqCst) > 0
    }
}

impl State {
    fn note(&self, text: &str) -> Request {
        let mut requests = self.requests.lock().unwrap();
        let mut request = parse(text);
        let same = |other: &&Request| (other.kind, other.account, other.patient) == (request.kind, request.account, request.patient);
        request.nth = requests.iter().filter(same).count() + 1;
        requests.push(request);
        request
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            state.in_flight.fetch_add(1, SeqCst);
            converse(stream, &state).await;
            state.in_flight.fetch_sub(1, SeqCst);
        });
    }
}

async fn converse(mut stream: TcpStream, state: &State) {
    let Some(text) = read_request(&mut stream).await else { return };
    let mut answer = (state.script)(&state.note(&text));
    while let Answer::Meet(barrier, then) = answer {
        barrier.wait().await;
        answer = *then;
    }
    // The client may have hung up, which is its right.
    let _ = perform(&mut stream, answer).await;
    let _ = stream.shutdown().await;
}

async fn perform(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    match answer {
        Answer::Reply(status, headers, body) => {
            let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
            stream.write_all(&[head.as_bytes(), &body].concat()).await
        }
        Answer::Raw(bytes) => stream.write_all(&bytes).await,
        Answer::Dribble(bytes, at_once, pause) => {
            stream.write_all(&bytes[..at_once]).await?;
            for byte in &bytes[at_once..] {
                tokio::time::sleep(pause).await;
                stream.write_all(&[*byte]).await?;
            }
            Ok(())
        }
        // Until the client hangs up.
        Answer::Hang => stream.read(&mut [0; 1]).await.map(drop),
        Answer::Meet(..) => unreachable!("met before"),
    }
}

/// Head and body of a request; none where the client said nothing.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        if is_whole(&text) {
            return Some(text);
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0usize)
}

fn parse(text: &str) -> Request {
    let after = |mark: &str| text.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {text}")).1;
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
    if text.starts_with("POST /ccda/ccda/generate-token ") {
        return Request { kind: Kind::Token, account: number(after("username=user-")), patient: 0, nth: 0, token: 0 };
    }
    assert!(text.starts_with("GET /ccda/ccda/patient_data?patient_token=PT"), "{text}");
    let (account, rest) = after("ey.access-").split_once('-').unwrap();
    Request { kind: Kind::Document, account: number(account), patient: number(after("patient_token=PT")), nth: 0, token: number(rest) }
}

/// So many answers of one kind of request, by its number; the last one for ever.
pub fn in_turn(answers: Vec<Answer>) -> impl Fn(usize) -> Answer + Send + Sync {
    move |nth| answers[(nth - 1).min(answers.len() - 1)].clone()
}

/// How often each patient's document was asked for.
pub fn asked_by_patient(stand_in: &StandIn) -> HashMap<usize, usize> {
    let mut counts = HashMap::new();
    for request in stand_in.requests().iter().filter(|request| !request.is_token()) {
        *counts.entry(request.patient).or_default() += 1;
    }
    counts
}
