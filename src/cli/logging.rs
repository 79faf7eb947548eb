//! Structured logs on standard error. Fields name tenant, account and row ids; never a user name, secret, token, name or piece of a body.

use std::io::{IsTerminal, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::{
    args::{LogFormat, LogLevel, OutputArgs},
    terminal,
};

/// Starts logging as the command line asks. An event that cannot be written, because the reader has gone, is let go.
pub fn start(output: &OutputArgs) {
    let level = match (output.log_level, output.log_format) {
        (Some(level), _) => filter(level),
        (None, LogFormat::Text) => LevelFilter::ERROR,
        (None, LogFormat::Json) => LevelFilter::INFO,
    };
    // Only our own events: other crates print URLs, and a URL holds a patient token.
    let registry = tracing_subscriber::registry().with(Targets::new().with_target("ccda_export", level));
    match output.log_format {
        LogFormat::Json => {
            terminal::speak_to_machines();
            registry
                .with(tracing_subscriber::fmt::layer().json().flatten_event(true).log_internal_errors(false).with_writer(stderr))
                .init();
        }
        LogFormat::Text => {
            let ansi = anstream::AutoStream::choice(&stderr()) != anstream::ColorChoice::Never && stderr().is_terminal();
            registry
                .with(tracing_subscriber::fmt::layer().with_ansi(ansi).with_target(false).log_internal_errors(false).with_writer(stderr))
                .init();
        }
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
