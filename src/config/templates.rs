//! The files that `init` begins a job with, commented as documentation.

/// Name and content of each file.
pub const TEMPLATES: [(&str, &str); 3] = [
    ("job.toml", include_str!("templates/job.toml")),
    ("roster.toml", include_str!("templates/roster.toml")),
    ("patients.csv", include_str!("templates/patients.csv")),
];
