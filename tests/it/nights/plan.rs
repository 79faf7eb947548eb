//! What goes wrong in a night: chosen by the seed and the number of the night alone, so that a seed that failed can be run again.

use std::time::Duration;

use ccda_export::sandbox::Fault;
use fastrand::Rng;

/// One night.
#[derive(Debug, Clone)]
pub struct Night {
    /// Nothing is wrong, and the operator has mended everything.
    pub calm: bool,
    pub troubles: Vec<Trouble>,
    /// The vendor has charts of other persons, the same chart for three, or charts of which most is gone.
    pub mixed_up: bool,
    pub latency: Duration,
    pub runs: Vec<Run>,
    /// Nobody listens where the roster says that the vendor is.
    pub refused: bool,
    pub deadline: &'static str,
    pub retention: &'static str,
    /// How far the wall clock is wrong when the first run begins, in milliseconds.
    pub wrong_by: i64,
}

/// A run, so long after the occurrence or the run before.
#[derive(Debug, Clone)]
pub struct Run {
    pub after: Duration,
    /// Killed when so many requests have come, some turns of the scheduler later.
    pub kill: Option<(usize, u32)>,
    /// The wall clock jumps when so many requests have come, in milliseconds.
    pub jump: Option<(usize, i64)>,
}

/// One thing that goes wrong at the vendor.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub fault: Fault,
    pub whom: Whom,
    /// From so many seconds after the occurrence to so many.
    pub span: (u64, u64),
    /// Only so many requests of each account or patient.
    pub times: u64,
}

/// Whose requests it befalls.
#[derive(Debug, Clone)]
pub enum Whom {
    EveryToken,
    EveryDocument,
    /// Patients by their place.
    Patients(Vec<usize>),
}

const ALWAYS: (u64, u64) = (0, u64::MAX);

impl Night {
    pub fn calm() -> Self {
        Self {
            calm: true,
            troubles: Vec::new(),
            mixed_up: false,
            latency: Duration::ZERO,
            runs: vec![Run { after: Duration::from_secs(30), kill: None, jump: None }],
            refused: false,
            deadline: "6h",
            retention: "",
            wrong_by: 0,
        }
    }

    pub fn of(seed: u64, night: usize, patients: usize) -> Self {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9).wrapping_add(night as u64));
        let troubles = (0..rng.usize(0..5)).map(|_| Trouble::of(&mut rng, patients)).collect();
        let one_in = |rng: &mut Rng, of: u32| rng.u32(0..of) == 0;
        Self {
            calm: false,
            troubles,
            latency: Duration::from_secs(if one_in(&mut rng, 5) { rng.u64(1..60) } else { 0 }),
            runs: (0..rng.usize(1..4)).map(|_| Run::of(&mut rng)).collect(),
            refused: one_in(&mut rng, 15),
            deadline: if one_in(&mut rng, 8) { "90s" } else { "6h" },
            retention: ["", "", "keep_versions = 3\n", "keep_versions = 2\nkeep_days = 20\n"][rng.usize(0..4)],
            wrong_by: if one_in(&mut rng, 25) { [-1, 1, 2, 365][rng.usize(0..4)] * 86_400_000 } else { 0 },
            mixed_up: one_in(&mut rng, 2),
        }
    }
}

impl Run {
    fn of(rng: &mut Rng) -> Self {
        let kill = (rng.u32(0..4) == 0).then(|| (rng.usize(0..10), rng.u32(0..300)));
        let jump = (rng.u32(0..8) == 0).then(|| (rng.usize(1..8), [-3_600_000, 3_600_000][rng.usize(0..2)]));
        Self { after: Duration::from_secs(rng.u64(60..1_500)), kill, jump }
    }
}

impl Trouble {
    fn of(rng: &mut Rng, patients: usize) -> Self {
        let from = rng.u64(0..120);
        let span = (from, from + rng.u64(10..900));
        match rng.u32(0..10) {
            0 => Self::everywhere(&[Fault::Document503, Fault::Page503, Fault::Reset, Fault::Document429], Whom::EveryDocument, span, rng),
            1 => Self::everywhere(&[Fault::Token500, Fault::TokenHtml, Fault::Token429], Whom::EveryToken, span, rng),
            2 => Self::everywhere(&[Fault::Document403, Fault::Html, Fault::Document400], Whom::EveryDocument, (from, from + 30), rng),
            // Each costs real time: that of the client's patience.
            3 if rng.u32(0..3) == 0 => {
                Self { fault: Fault::Hang, whom: Whom::Patients(vec![rng.usize(0..patients)]), span: ALWAYS, times: 1 }
            }
            _ => {
                let whom = Whom::Patients((0..rng.usize(1..6)).map(|_| rng.usize(0..patients)).collect());
                let times = if rng.bool() { rng.u64(1..4) } else { u64::MAX };
                Self { times, ..Self::everywhere(OF_ONE, whom, ALWAYS, rng) }
            }
        }
    }

    fn everywhere(faults: &[Fault], whom: Whom, span: (u64, u64), rng: &mut Rng) -> Self {
        Self { fault: faults[rng.usize(0..faults.len())], whom, span, times: u64::MAX }
    }
}

/// What befalls single patients.
const OF_ONE: &[Fault] = &[
    Fault::Document500,
    Fault::Document404,
    Fault::Document403,
    Fault::Document400,
    Fault::Document429,
    Fault::Empty,
    Fault::Html,
    Fault::Json,
    Fault::Truncated,
    Fault::Malformed,
    Fault::Redirect,
    Fault::Reset,
];
