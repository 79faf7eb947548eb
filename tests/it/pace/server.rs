//! A vendor on loopback that a closure speaks for, and that notes when on the manual clock it was asked.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use ccda_export::clock::Clock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request as far as scripts look at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub tenant: String,
    /// `None` for a token.
    pub patient: Option<String>,
    /// Seconds on the manual clock.
    pub at: f64,
    /// How many of its kind came before it, from whatever tenant.
    pub before: usize,
    /// How many came before it for the same patient.
    pub tries: usize,
}

/// What the server does about a request.
pub enum Reply {
    /// Status line's rest, further header lines, body.
    Answer(&'static str, String, String),
    /// Says nothing and keeps the connection.
    Hang,
    /// Ends the connection with RST after these bytes.
    Reset(&'static str),
}

impl Reply {
    /// What a healthy vendor answers.
    pub fn healthy(asked: &Asked) -> Self {
        match &asked.patient {
            None => Self::Answer("200 OK", String::new(), token(&asked.tenant)),
            Some(patient) => Self::Answer("200 OK", String::new(), chart(patient)),
        }
    }

    /// A status without a body, and header lines that each end in a line break.
    pub fn status(status: &'static str, headers: &str) -> Self {
        Self::Answer(status, headers.to_owned(), String::new())
    }

    /// A page of the CDN.
    pub fn page(status: &'static str) -> Self {
        Self::Answer(status, "Content-Type: text/html\r\n".to_owned(), "<!DOCTYPE html><html>Attention</html>".to_owned())
    }
}

/// The patient's own: the same bytes for several would be a mix-up.
pub fn chart(patient: &str) -> String {
    crate::export::chart().replace("1.2.3", &format!("1.2.3\" extension=\"{patient}"))
}

fn token(tenant: &str) -> String {
    let token = serde_json::json!({
        "access_token": format!("{tenant}.token"), "expires_in": 900, "token_type": "Bearer", "not-before-policy": 0, "tenant": tenant
    });
    serde_json::json!({ "message": "ok", "token": token }).to_string()
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A running server.
#[derive(Clone)]
pub struct Server {
    pub url: String,
    clock: Clock,
    asked: Arc<Mutex<Vec<Asked>>>,
    busy: Arc<AtomicUsize>,
    script: Arc<Script>,
}

impl Server {
    pub async fn start(clock: &Clock, script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, clock: clock.clone(), asked: Arc::default(), busy: Arc::default(), script: Arc::new(script) };
        tokio::spawn(server.clone().accept(listener));
        server
    }

    /// Every request in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn documents(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.patient.is_some()).collect()
    }

    pub fn tokens(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.patient.is_none()).collect()
    }

    pub fn is_busy(&self) -> bool {
        self.busy.load(SeqCst) > 0
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            self.busy.fetch_add(1, SeqCst);
            tokio::spawn(self.clone().converse(stream));
        }
    }

    async fn converse(self, mut stream: TcpStream) {
        let request = read(&mut stream).await;
        let asked = self.note(&request);
        let reply = (self.script)(&asked);
        let (text, reset) = match reply {
            Reply::Answer(status, headers, body) => {
                (format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()), false)
            }
            Reply::Reset(text) => (text.to_owned(), true),
            Reply::Hang => {
                self.busy.fetch_sub(1, SeqCst);
                return std::future::pending().await;
            }
        };
        let _ = stream.write_all(text.as_bytes()).await;
        if reset {
            let _ = stream.set_zero_linger();
        } else {
            let _ = stream.shutdown().await;
        }
        drop(stream);
        self.busy.fetch_sub(1, SeqCst);
    }

    fn note(&self, request: &str) -> Asked {
        let after = |start: &str, end: &[char]| {
            let from = request.find(start)? + start.len();
            Some(request[from..].split(end).next().unwrap_or_default().to_owned())
        };
        let patient = after("patient_token=", &['&', ' ']);
        let tenant = after("client_id=", &['&']).or_else(|| after("authorization: Bearer ", &['.'])).unwrap_or_default();
        let mut all = self.asked.lock().unwrap();
        let before = all.iter().filter(|asked| asked.patient.is_some() == patient.is_some()).count();
        let tries = all.iter().filter(|asked| asked.patient == patient && asked.tenant == tenant).count();
        let asked = Asked { tenant, patient, at: self.clock.elapsed().as_secs_f64(), before, tries };
        all.push(asked.clone());
        asked
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            body.len() >= length.unwrap_or(0usize)
        });
        if read == 0 || whole {
            return text;
        }
    }
}
