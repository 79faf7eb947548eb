//! Undoing the content encoding of a body, into no more room than was given. Knows nothing of the memory for all bodies and of connections.

use std::io::{self, ErrorKind, Write};

use flate2::write::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

/// A body as it is sent goes in, the body as it was meant comes to stand in memory.
pub(super) enum Decoder {
    Identity(Sink),
    Gzip(Box<MultiGzDecoder<Sink>>),
}

/// What became of bytes that were put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many of them were taken.
    Taken(usize),
    /// More room is needed before any is taken.
    Full,
    /// They are not what their encoding promises.
    Damaged,
}

impl Decoder {
    /// A decoder for an answer with these headers; `None` for an encoding that was not asked for.
    pub(super) fn for_headers(headers: &HeaderMap, room: u64) -> Option<Self> {
        let sink = Sink { bytes: Vec::new(), room: room as usize };
        let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
        let encoding = encodings.next().map_or(Some(""), |value| value.to_str().ok())?.trim().to_ascii_lowercase();
        match encoding.as_str() {
            _ if encodings.next().is_some() => None,
            "gzip" | "x-gzip" => Some(Self::Gzip(Box::new(MultiGzDecoder::new(sink)))),
            "identity" | "" => Some(Self::Identity(sink)),
            _ => None,
        }
    }

    /// Puts bytes in, as many as there is room for what comes out.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Step {
        let written = match self {
            Self::Identity(sink) => sink.write(bytes),
            Self::Gzip(decoder) => decoder.write(bytes),
        };
        match written {
            // Nothing taken and no error would be tried for ever.
            Ok(0) => Step::Damaged,
            Ok(taken) => Step::Taken(taken),
            Err(error) => Step::failed(&error),
        }
    }

    /// Says that all has been put in: what is still inside comes out, and what was promised must have come.
    pub(super) fn finish(&mut self) -> Step {
        match self {
            Self::Identity(_) => Step::Taken(0),
            Self::Gzip(decoder) => decoder.try_finish().map_or_else(|error| Step::failed(&error), |()| Step::Taken(0)),
        }
    }

    /// What has come out.
    pub(super) fn sink(&mut self) -> &mut Sink {
        match self {
            Self::Identity(sink) => sink,
            Self::Gzip(decoder) => decoder.get_mut(),
        }
    }
}

impl Step {
    fn failed(error: &io::Error) -> Self {
        if error.kind() == ErrorKind::WouldBlock { Self::Full } else { Self::Damaged }
    }
}

/// Bytes up to a room that may grow. A full one says `WouldBlock`, upon which flate2 keeps what it has and can go on later.
pub(super) struct Sink {
    bytes: Vec<u8>,
    room: usize,
}

impl Sink {
    pub(super) fn room(&self) -> u64 {
        self.room as u64
    }

    /// Sets the room and allocates it at once: growing by doubling would hold the old and the new bytes together. Pages that are never written
    /// take no memory.
    pub(super) fn set_room(&mut self, room: u64) {
        self.room = room as usize;
        self.bytes.reserve_exact(self.room.saturating_sub(self.bytes.len()));
    }

    /// The bytes, in no more memory than they need.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.shrink_to_fit();
        bytes
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room.saturating_sub(self.bytes.len()));
        if taken == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn decoder(encoding: &'static str, room: u64) -> Decoder {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, encoding.parse().unwrap())]);
        Decoder::for_headers(&headers, room).unwrap()
    }

    /// Puts all in and gives one byte more of room whenever it is asked for.
    fn decode(mut decoder: Decoder, mut sent: &[u8]) -> Option<Vec<u8>> {
        let widen = |decoder: &mut Decoder| {
            let room = decoder.sink().room();
            decoder.sink().set_room(room + 1);
        };
        while !sent.is_empty() {
            match decoder.put(sent) {
                Step::Taken(taken) => sent = &sent[taken..],
                Step::Full => widen(&mut decoder),
                Step::Damaged => return None,
            }
        }
        loop {
            match decoder.finish() {
                Step::Taken(_) => return Some(decoder.sink().take()),
                Step::Full => widen(&mut decoder),
                Step::Damaged => return None,
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_when_room_runs_out_anywhere(body in proptest::collection::vec(0u8..4, 1..2_000), room in 0u64..2_000) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&body).unwrap();
            let sent = encoder.finish().unwrap();
            prop_assert_eq!(decode(decoder("GZip", room), &sent), Some(body.clone()));
            prop_assert_eq!(decode(decoder("identity", room), &body), Some(body));
            prop_assert_eq!(decode(decoder("gzip", room), &sent[..sent.len() - 1]), None);
        }

        #[test]
        fn no_bytes_make_more_than_there_is_room_for(sent in proptest::collection::vec(any::<u8>(), 1..500), room in 0u64..100) {
            let mut decoder = decoder("identity", room);
            let _ = decoder.put(&sent);
            prop_assert!(decoder.sink().take().len() as u64 <= room);
        }
    }
}
