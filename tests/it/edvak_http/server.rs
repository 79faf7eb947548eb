//! A server on loopback that answers with exact bytes, so that broken answers can be sent too.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// One thing that the server does after it has read a request.
#[derive(Clone)]
pub enum Act {
    Send(Vec<u8>),
    /// Sends the bytes one by one, with this pause before each.
    Dribble(Vec<u8>, Duration),
    /// Says no more, and keeps the connection.
    Hang,
    /// Ends the connection with RST instead of FIN.
    Reset,
}

/// A server and the requests that reached it, head and body as they were sent.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that does the same at each connection and then closes it.
    pub async fn start(acts: impl Into<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        tokio::spawn(accept(listener, acts.into(), Arc::clone(&requests)));
        Self { url, requests }
    }

    /// A server that answers with these bytes.
    pub async fn sending(bytes: impl Into<Vec<u8>>) -> Self {
        Self::start([Act::Send(bytes.into())]).await
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, acts: Vec<Act>, requests: Arc<Mutex<Vec<String>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, acts.clone(), Arc::clone(&requests)));
    }
}

async fn converse(mut stream: TcpStream, acts: Vec<Act>, requests: Arc<Mutex<Vec<String>>>) {
    let request = read_request(&mut stream).await;
    requests.lock().unwrap().push(request);
    for act in acts {
        // The client may have hung up, which is its right.
        if perform(&mut stream, act).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

async fn perform(stream: &mut TcpStream, act: Act) -> std::io::Result<()> {
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).await,
        Act::Dribble(bytes, pause) => {
            for byte in bytes {
                tokio::time::sleep(pause).await;
                stream.write_all(&[byte]).await?;
            }
            Ok(())
        }
        Act::Hang => std::future::pending().await,
        Act::Reset => stream.set_zero_linger().and_then(|()| Err(std::io::ErrorKind::ConnectionReset.into())),
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        if read == 0 || is_whole(&text) {
            return text;
        }
    }
}

/// Whether that is all that the client says before it wants an answer: a request, or the start of a TLS handshake.
fn is_whole(request: &str) -> bool {
    if request.starts_with('\u{16}') {
        return true;
    }
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0usize)
}
