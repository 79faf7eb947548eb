//! Taking in a body: inflating it, within its limit as sent and as inflated, and within the memory for all bodies.
//!
//! Inflated here and not in the HTTP client, because only so both sizes are seen. What has been inflated stands in memory, what was sent does not.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::{
    Response,
    header::{CONTENT_ENCODING, HeaderMap},
};

use super::{BodyHold, Failure, body_budget::SMALL, fault, patience::Patience};
use crate::domain::Reason;

/// A body that is coming in.
pub(super) struct Intake {
    decoder: Decoder,
    hold: BodyHold,
    limit: u64,
    sent: u64,
}

enum Decoder {
    Plain(Sink),
    Gzip(Box<MultiGzDecoder<Sink>>),
}

/// Takes bytes up to its room, then says `WouldBlock` until it has more.
#[derive(Default)]
struct Sink {
    bytes: Vec<u8>,
    room: u64,
}

impl Intake {
    /// An empty body of an answer with these headers; `limit` in bytes, as sent and as inflated.
    pub(super) fn new(headers: &HeaderMap, hold: BodyHold, limit: u64) -> Result<Self, Failure> {
        let sink = Sink { bytes: Vec::new(), room: SMALL.min(limit) };
        let decoder = match encoding(headers)? {
            Encoding::Identity => Decoder::Plain(sink),
            Encoding::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(sink))),
        };
        Ok(Self { decoder, hold, limit, sent: 0 })
    }

    /// Takes in the whole body.
    pub(super) async fn receive(&mut self, response: &mut Response, patience: &mut Patience) -> Result<(), Failure> {
        if let Some(length) = response.content_length() {
            self.announce(length).await?;
        }
        while let Some(chunk) = patience.for_bytes(response.chunk()).await.ok_or_else(too_slow)?.map_err(|error| fault::in_body(&error))? {
            self.take(&chunk).await?;
        }
        self.finish().await
    }

    /// The bytes and their share of the memory, which is now no more than they need.
    pub(super) fn into_parts(mut self) -> (Vec<u8>, BodyHold) {
        let mut bytes = std::mem::take(&mut self.sink_mut().bytes);
        bytes.shrink_to_fit();
        self.hold.trim(bytes.len() as u64);
        (bytes, self.hold)
    }

    /// Takes exactly the memory that a body without encoding has announced, rather than the most that it might come to.
    async fn announce(&mut self, length: u64) -> Result<(), Failure> {
        if length > self.limit {
            return Err(too_large(self.limit, "as sent"));
        }
        if matches!(self.decoder, Decoder::Plain(_)) {
            match length {
                ..=SMALL => self.hold.trim(length),
                _ => self.hold.enlarge(length).await,
            }
            self.sink_mut().grow(length);
        }
        Ok(())
    }

    async fn take(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        self.sent += chunk.len() as u64;
        if self.sent > self.limit {
            return Err(too_large(self.limit, "as sent"));
        }
        let mut rest = chunk;
        while !rest.is_empty() {
            match self.decoder.write(rest) {
                Ok(0) => return Err(damaged()),
                Ok(taken) => rest = &rest[taken..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.make_room().await?,
                Err(_) => return Err(damaged()),
            }
            // A chunk may inflate to a thousand times its size; others want to run meanwhile.
            tokio::task::coop::consume_budget().await;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Failure> {
        while self.sent > 0 {
            match self.decoder.finish() {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.make_room().await?,
                Err(_) => return Err(damaged()),
            }
        }
        Ok(())
    }

    /// Room for the largest body that is taken: how much is still to come is not known.
    async fn make_room(&mut self) -> Result<(), Failure> {
        if self.sink().room >= self.limit {
            return Err(too_large(self.limit, "as inflated"));
        }
        self.hold.enlarge(self.limit).await;
        let limit = self.limit;
        self.sink_mut().grow(limit);
        Ok(())
    }

    fn sink(&self) -> &Sink {
        match &self.decoder {
            Decoder::Plain(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_ref(),
        }
    }

    fn sink_mut(&mut self) -> &mut Sink {
        match &mut self.decoder {
            Decoder::Plain(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_mut(),
        }
    }
}

impl Decoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(sink) => sink.write(bytes),
            Self::Gzip(decoder) => decoder.write(bytes),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
        }
    }
}

impl Sink {
    /// Allocates the room at once: growing by doubling would hold the old and the new bytes together. Pages that are never written take no memory.
    fn grow(&mut self, room: u64) {
        self.room = room;
        self.bytes.reserve_exact((room as usize).saturating_sub(self.bytes.len()));
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (self.room as usize).saturating_sub(self.bytes.len());
        let taken = room.min(bytes.len());
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Encoding {
    Identity,
    Gzip,
}

/// How the body is encoded. Only gzip was offered; whoever sends another encoding sends nothing that can be taken for a chart.
fn encoding(headers: &HeaderMap) -> Result<Encoding, Failure> {
    let unknown = || Failure::new(Reason::NotCda, "the body has a content encoding that was not asked for");
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let (Some(value), None) = (encodings.next(), encodings.next()) else {
        return if headers.contains_key(CONTENT_ENCODING) { Err(unknown()) } else { Ok(Encoding::Identity) };
    };
    match value.to_str().map(|value| value.trim().to_ascii_lowercase()).as_deref() {
        Ok("gzip" | "x-gzip") => Ok(Encoding::Gzip),
        Ok("identity" | "") => Ok(Encoding::Identity),
        _ => Err(unknown()),
    }
}

pub(super) fn too_slow() -> Failure {
    Failure::new(Reason::Timeout, "the server was too slow")
}

fn damaged() -> Failure {
    Failure::new(Reason::Truncated, "the compressed body is cut or damaged")
}

fn too_large(limit: u64, how: &str) -> Failure {
    Failure::new(Reason::TooLarge, format!("the body is larger than {limit} bytes, {how}"))
}
