//! Taking in a body: within its limit as sent and as inflated, within the time for it, and within the memory for all bodies.
//!
//! It is inflated here and not in the HTTP client, because only so both sizes are seen. What was inflated stands in memory, what was sent does not.

use reqwest::{Response, header::HeaderMap};

use super::{
    BodyHold, Failure,
    body_budget::SMALL,
    decoder::{Decoder, Step},
    fault,
    patience::Patience,
};
use crate::domain::Reason;

/// A body that is coming in.
pub(super) struct Intake {
    decoder: Decoder,
    hold: BodyHold,
    limit: u64,
    sent: u64,
}

impl Intake {
    /// An empty body of an answer with these headers; `limit` in bytes, as sent and as inflated.
    pub(super) fn new(headers: &HeaderMap, hold: BodyHold, limit: u64) -> Result<Self, Failure> {
        // Whoever sends another encoding than was offered sends nothing that can be taken for a chart.
        let decoder = Decoder::for_headers(headers, SMALL.min(limit))
            .ok_or_else(|| Failure::new(Reason::NotCda, "the body has a content encoding that was not asked for"))?;
        Ok(Self { decoder, hold, limit, sent: 0 })
    }

    /// Takes in the whole body.
    pub(super) async fn receive(&mut self, response: &mut Response, patience: &mut Patience) -> Result<(), Failure> {
        if let Some(length) = response.content_length() {
            self.announce(length).await?;
        }
        loop {
            let chunk = patience.for_bytes(response.chunk()).await.ok_or_else(too_slow)?;
            match chunk.map_err(|error| fault::in_body(&error))? {
                Some(chunk) => self.take(&chunk).await?,
                None => return self.finish().await,
            }
        }
    }

    /// The bytes and their share of the memory, which is now no more than they need.
    pub(super) fn into_parts(mut self) -> (Vec<u8>, BodyHold) {
        let bytes = self.decoder.sink().take();
        self.hold.trim(bytes.len() as u64);
        (bytes, self.hold)
    }

    /// Takes exactly the memory that a body without encoding has announced, rather than the most that it might come to.
    async fn announce(&mut self, length: u64) -> Result<(), Failure> {
        if length > self.limit {
            return Err(too_large(self.limit, "as sent"));
        }
        if let Decoder::Identity(sink) = &mut self.decoder {
            if length > SMALL {
                self.hold.enlarge(length).await;
            } else {
                self.hold.trim(length);
            }
            sink.set_room(length);
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
            match self.decoder.put(rest) {
                Step::Taken(taken) => rest = &rest[taken..],
                Step::Full => self.make_room().await?,
                Step::Damaged => return Err(damaged()),
            }
            // A chunk may inflate to a thousand times its size; others want to run meanwhile.
            tokio::task::coop::consume_budget().await;
        }
        Ok(())
    }

    /// A body of no bytes at all is empty, whatever its encoding; any other must be complete.
    async fn finish(&mut self) -> Result<(), Failure> {
        while self.sent > 0 {
            match self.decoder.finish() {
                Step::Taken(_) => break,
                Step::Full => self.make_room().await?,
                Step::Damaged => return Err(damaged()),
            }
        }
        Ok(())
    }

    /// Room for the largest body that is taken: how much is still to come is not known. Happens once, because a large share is never enlarged.
    async fn make_room(&mut self) -> Result<(), Failure> {
        if self.decoder.sink().room() >= self.limit {
            return Err(too_large(self.limit, "as inflated"));
        }
        self.hold.enlarge(self.limit).await;
        self.decoder.sink().set_room(self.limit);
        Ok(())
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
