//! A server that takes requests and never answers: when does the first one come?

use std::{
    io::{self, Read},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use crate::process::{Ended, Program, peak_of};

pub struct SilentServer {
    address: SocketAddr,
    requests: Receiver<Instant>,
}

impl SilentServer {
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (sender, requests) = channel();
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, sender.clone())));
        Ok(Self { address, requests })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts the program, waits for its first request and kills it.
    pub fn first_request_of(&self, program: &Program<'_>, args: &[&str]) -> io::Result<Ended> {
        while self.requests.try_recv().is_ok() {}
        let begun = Instant::now();
        let mut child = program.start(args)?;
        let heard = loop {
            match self.requests.recv_timeout(Duration::from_millis(10)) {
                Ok(at) => break at,
                Err(RecvTimeoutError::Timeout) if child.try_wait()?.is_none() => {}
                Err(_) => return Err(io::Error::other(format!("{args:?} ended without a request"))),
            }
        };
        let peak = peak_of(&child);
        child.kill()?;
        child.wait()?;
        Ok(Ended { time: heard - begun, peak, exit_code: None })
    }
}

fn serve(mut stream: TcpStream, sender: Sender<Instant>) {
    thread::spawn(move || {
        let mut byte = [0];
        // A connection is none: only its first byte is.
        if matches!(stream.read(&mut byte), Ok(1)) {
            let _ = sender.send(Instant::now());
        }
        let _ = io::copy(&mut stream, &mut io::sink());
    });
}
