//! A server that answers with what it was told and with what it knows of patients, and remembers every byte that reached it.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::marks::{self, ACCESS_TOKEN, ADDRESS, BIRTH, CLIENT_ID, CLIENT_SECRET, FAMILY, GIVEN, Kind, Leaks, MRN, PATIENT_TOKEN, USER};

/// A request as it came.
pub struct Asked {
    text: String,
    /// How many came before it.
    pub before: usize,
}

pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Asked {
    pub fn is_token(&self) -> bool {
        self.text.starts_with("POST ")
    }

    /// Everything that was said, on one line, as a careless server repeats it: credentials or tokens, and who the patient is.
    pub fn echo(&self) -> String {
        let said = self.text.replace(['\r', '\n', '"', '<', '>'], " ");
        format!("{said} token {ACCESS_TOKEN} patient {PATIENT_TOKEN} {GIVEN} {FAMILY} {BIRTH} {MRN} {ADDRESS}")
    }

    /// What a good server answers.
    pub fn good(&self) -> Vec<u8> {
        if self.is_token() { token("TENANT_AB", ACCESS_TOKEN) } else { chart() }
    }

    /// The good answer to a token request and for each account's first patient, and this one for all others.
    ///
    /// A token that has brought a document is replaced at once when another one is refused, and not after 30 s.
    pub fn document(&self, answer: Vec<u8>) -> Vec<u8> {
        let first = ["-1", "-3"].iter().any(|number| self.text.contains(&format!("{PATIENT_TOKEN}{number} ")));
        if self.is_token() || first { self.good() } else { answer }
    }
}

impl Server {
    /// Answers each request as `answer` says, and then closes the connection.
    pub async fn start(answer: fn(&Asked) -> Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, answer, Arc::clone(&seen)));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// What was sent is what the contract demands and nothing else: credentials in the form, the token in its header, the patient in the URL.
    pub fn search(&self, leaks: &mut Leaks) {
        let secrets = marks::of(&[Kind::Secret, Kind::Own, Kind::Person]);
        for request in self.requests() {
            let (line, rest) = request.split_once("\r\n").unwrap_or((&request, ""));
            let (head, form) = rest.split_once("\r\n\r\n").unwrap_or((rest, ""));
            leaks.search_for(&secrets, "a request line", line.as_bytes());
            leaks.search_for(&["\r\nreferer:", "\r\ncookie:"], "a head", format!("\r\n{head}").as_bytes());
            let rest = head.to_lowercase().replace(&format!("authorization: bearer {ACCESS_TOKEN}"), "");
            leaks.search("a head beside its token", rest.as_bytes());
            if line.starts_with("POST ") {
                leaks.search_for(&[PATIENT_TOKEN], "a token request", request.as_bytes());
                leaks.search_for(&marks::of(&[Kind::Own, Kind::Person]), "a form", form.as_bytes());
            } else {
                leaks.search("a body of a GET", form.as_bytes());
            }
        }
    }
}

async fn converse(mut stream: TcpStream, answer: fn(&Asked) -> Vec<u8>, requests: Arc<Mutex<Vec<String>>>) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !is_whole(&text) {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => text.push_str(&String::from_utf8_lossy(&buffer[..read])),
            _ => return,
        }
    }
    let before = {
        let mut requests = requests.lock().unwrap();
        requests.push(text.clone());
        requests.len() - 1
    };
    // The client may have hung up, which is its right.
    let _ = stream.write_all(&answer(&Asked { text, before })).await;
    let _ = stream.shutdown().await;
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0usize)
}

/// A whole answer; `headers` with their line ends.
pub fn reply(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()).into_bytes()
}

pub fn json(status: u16, body: &serde_json::Value) -> Vec<u8> {
    reply(status, "Content-Type: application/json\r\n", &body.to_string())
}

pub fn html(status: u16, text: &str) -> Vec<u8> {
    reply(status, "Content-Type: text/html\r\n", &format!("<!DOCTYPE html><html><body>{text}</body></html>"))
}

/// The vendor's answer to a login, with what it says about the user besides.
pub fn token(tenant: &str, access_token: &str) -> Vec<u8> {
    let user = serde_json::json!({"email": format!("{USER}@example.org"), "client": CLIENT_ID, "secret": CLIENT_SECRET});
    let token =
        serde_json::json!({"access_token": access_token, "expires_in": 900, "token_type": "Bearer", "tenant": tenant, "user": user});
    json(200, &serde_json::json!({"message": "ok", "token": token}))
}

pub fn chart() -> Vec<u8> {
    reply(200, "Content-Type: application/xml\r\n", &chart_text())
}

/// A chart that names its patient in every way that a header does. No two are the same: that would be a mix-up.
pub fn chart_text() -> String {
    let number = fastrand::u64(..);
    format!(
        "<?xml version=\"1.0\"?><!-- {number} --><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{MRN}\"/>\
         <title>Chart of {GIVEN} {FAMILY}</title><effectiveTime value=\"20260101\"/>\
         <recordTarget><patientRole><id root=\"1.2.4\" extension=\"{MRN}\"/><addr>{ADDRESS}</addr><patient><name><given>{GIVEN}</given>\
         <family>{FAMILY}</family></name><birthTime value=\"{BIRTH}\"/></patient></patientRole></recordTarget></ClinicalDocument>"
    )
}
