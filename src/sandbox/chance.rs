//! Secrets and patient tokens: from the operating system's randomness, or from a seed where a test wants the same ones again.

use std::io;

const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Where random letters come from.
#[derive(Debug)]
pub(super) enum Chance {
    System,
    Seeded(fastrand::Rng),
}

impl Chance {
    /// Seeded where there is a seed.
    pub fn new(seed: Option<u64>) -> Self {
        seed.map_or(Self::System, |seed| Self::Seeded(fastrand::Rng::with_seed(seed)))
    }

    /// So many letters and digits, each worth nearly six bits.
    pub fn letters(&mut self, count: usize) -> io::Result<String> {
        let mut text = String::with_capacity(count);
        while text.len() < count {
            let mut bytes = [0; 64];
            self.fill(&mut bytes)?;
            // 248 is the greatest multiple of 62 in a byte: above it, the first letters would come up more often.
            let fair = bytes.iter().filter(|byte| **byte < 248).take(count - text.len());
            text.extend(fair.map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])));
        }
        Ok(text)
    }

    /// A version 4 UUID (RFC 9562).
    pub fn uuid(&mut self) -> io::Result<String> {
        let mut bytes = [0; 16];
        self.fill(&mut bytes)?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        match self {
            Self::System => Ok(getrandom::fill(bytes)?),
            Self::Seeded(rng) => {
                rng.fill(bytes);
                Ok(())
            }
        }
    }
}
