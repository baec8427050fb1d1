//! How lines look that do not come from `tracing`: as if they did.

use std::{
    fmt::Display,
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, Utc};
use serde::Serializer;
use tracing::Level;

use super::request_lines::{Importance, Line};

#[derive(Clone, Copy, Debug)]
pub enum Style {
    Json,
    Pretty { with_colours: bool },
}

/// A warning of the log about itself.
pub struct Note {
    pub at: SystemTime,
    pub message: &'static str,
    pub lines: u64,
}

/// Appends lines to a text.
pub struct Formatter {
    style: Style,
    clock: Clock,
}

type Field<'a> = (&'static str, Value<'a>);

enum Value<'a> {
    Text(&'a str),
    /// Shown without quotes where the format has a choice.
    Id(&'a dyn Display),
    Count(u64),
    Milliseconds(f64),
}

impl Formatter {
    pub fn new(style: Style) -> Self {
        Self { style, clock: Clock::default() }
    }

    pub fn request(&mut self, text: &mut Vec<u8>, line: &Line) {
        let level = match line.importance {
            Importance::Info => Level::INFO,
            Importance::Debug => Level::DEBUG,
        };
        self.line(text, line.at, level, "request", request_fields(line).into_iter().flatten());
    }

    pub fn note(&mut self, text: &mut Vec<u8>, note: &Note) {
        let fields = [("lines", Value::Count(note.lines))];
        self.line(text, note.at, Level::WARN, note.message, fields.into_iter());
    }

    fn line<'a>(
        &mut self,
        text: &mut Vec<u8>,
        at: SystemTime,
        level: Level,
        message: &str,
        fields: impl Iterator<Item = Field<'a>>,
    ) {
        let at = self.clock.show(at);
        let written = match self.style {
            Style::Json => json(text, at, level, message, fields),
            Style::Pretty { with_colours: true } => coloured(text, at, level, message, fields),
            Style::Pretty { with_colours: false } => plain(text, at, level, message, fields),
        };
        // Memory takes everything.
        written.ok();
    }
}

fn request_fields(line: &Line) -> [Option<Field<'_>>; 8] {
    let Line {
        at: _,
        importance: _,
        method,
        route,
        status,
        duration,
        tenant,
        actor,
        refused_for,
        correlation_id,
    } = line;
    [
        Some(("method", Value::Text(method))),
        Some(("route", Value::Text(route))),
        Some(("status", Value::Count((*status).into()))),
        Some(("duration_ms", Value::Milliseconds(duration.as_secs_f64() * 1000.0))),
        tenant.as_ref().map(|tenant| ("tenant", Value::Id(tenant))),
        actor.as_ref().map(|actor| ("actor", Value::Id(actor))),
        refused_for.map(|reason| ("refused_for", Value::Text(reason))),
        Some(("correlation_id", Value::Id(correlation_id))),
    ]
}

fn json<'a>(
    text: &mut Vec<u8>,
    at: &str,
    level: Level,
    message: &str,
    fields: impl Iterator<Item = Field<'a>>,
) -> io::Result<()> {
    write!(text, r#"{{"timestamp":"{at}","level":"{level}","message":"{message}""#)?;
    for (name, value) in fields {
        write!(text, r#","{name}":"#)?;
        let mut json = serde_json::Serializer::new(&mut *text);
        match value {
            Value::Text(value) => json.serialize_str(value),
            Value::Id(value) => json.collect_str(value),
            Value::Count(value) => json.serialize_u64(value),
            Value::Milliseconds(value) => json.serialize_f64(value),
        }?;
    }
    text.write_all(b"}\n")
}

fn plain<'a>(
    text: &mut Vec<u8>,
    at: &str,
    level: Level,
    message: &str,
    fields: impl Iterator<Item = Field<'a>>,
) -> io::Result<()> {
    write!(text, "{at} {level:>5} {message}")?;
    for (name, value) in fields {
        write!(text, " {name}=")?;
        value.show(text)?;
    }
    text.write_all(b"\n")
}

fn coloured<'a>(
    text: &mut Vec<u8>,
    at: &str,
    level: Level,
    message: &str,
    fields: impl Iterator<Item = Field<'a>>,
) -> io::Result<()> {
    let colour = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    };
    write!(text, "\x1b[2m{at}\x1b[0m \x1b[{colour}m{level:>5}\x1b[0m {message}")?;
    for (name, value) in fields {
        write!(text, " \x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m")?;
        value.show(text)?;
    }
    text.write_all(b"\n")
}

impl Value<'_> {
    fn show(&self, text: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Text(value) => write!(text, "{value:?}"),
            Self::Id(value) => write!(text, "{value}"),
            Self::Count(value) => write!(text, "{value}"),
            Self::Milliseconds(value) => write!(text, "{value:?}"),
        }
    }
}

/// Times of day as text: the second is kept, because most lines are of the same one as the line before.
#[derive(Default)]
struct Clock {
    second: Option<u64>,
    text: String,
}

impl Clock {
    /// As `2026-11-21T02:00:43.230238Z`.
    fn show(&mut self, at: SystemTime) -> &str {
        const SECOND: &str = "2026-11-21T02:00:43";
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.second != Some(since.as_secs()) {
            self.second = Some(since.as_secs());
            self.text = DateTime::<Utc>::from(at).format("%Y-%m-%dT%H:%M:%S").to_string();
        }
        self.text.truncate(SECOND.len());
        self.text.push_str(&format!(".{:06}Z", since.subsec_micros()));
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use tracing::Subscriber;
    use tracing_subscriber::{fmt, layer::SubscriberExt, registry};
    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        caller::{Actor, KeyId, Subject},
        correlation_id::CorrelationId,
        tenant::TenantId,
    };

    const TENANT: TenantId = TenantId(Uuid::from_u128(7));
    const STYLES: [Style; 3] =
        [Style::Json, Style::Pretty { with_colours: false }, Style::Pretty { with_colours: true }];

    fn lines() -> [Line; 3] {
        let asked = || Line {
            at: SystemTime::now(),
            importance: Importance::Info,
            method: "GET",
            route: "/api/c2a/customer/info",
            status: 404,
            duration: Duration::from_nanos(1_300_897_191),
            tenant: Some(TENANT),
            actor: Some(Actor::Key(KeyId(Uuid::from_u128(8)))),
            refused_for: None,
            correlation_id: CorrelationId(Uuid::from_u128(9)),
        };
        let refused = Line {
            tenant: None,
            actor: None,
            refused_for: Some("unknown_key"),
            duration: Duration::from_nanos(3),
            ..asked()
        };
        let of_a_token = Line {
            importance: Importance::Debug,
            actor: Some(Actor::Subject(Subject::new(TENANT, "someone"))),
            duration: Duration::from_secs(1),
            ..asked()
        };
        [asked(), refused, of_a_token]
    }

    #[test]
    fn a_line_looks_as_tracing_would_write_it() {
        for style in STYLES {
            for line in lines() {
                let mut ours = Vec::new();
                Formatter::new(style).request(&mut ours, &line);
                let theirs = by_tracing(style, || {
                    let tenant = line.tenant.map(tracing::field::display);
                    let actor = line.actor.map(tracing::field::display);
                    macro_rules! event {
                        ($level:ident) => {
                            tracing::$level!(
                                method = line.method,
                                route = &*line.route,
                                status = line.status,
                                duration_ms = line.duration.as_secs_f64() * 1000.0,
                                tenant,
                                actor,
                                refused_for = line.refused_for,
                                correlation_id = %line.correlation_id,
                                "request"
                            )
                        };
                    }
                    match line.importance {
                        Importance::Info => event!(info),
                        Importance::Debug => event!(debug),
                    }
                });
                assert_eq!(without_digits_of_time(ours), without_digits_of_time(theirs));
            }
        }
    }

    #[test]
    fn a_note_looks_as_tracing_would_write_it() {
        for style in STYLES {
            let mut ours = Vec::new();
            let note = Note { at: SystemTime::now(), message: "lines dropped", lines: 3 };
            Formatter::new(style).note(&mut ours, &note);
            let theirs = by_tracing(style, || tracing::warn!(lines = 3, "lines dropped"));
            assert_eq!(without_digits_of_time(ours), without_digits_of_time(theirs));
        }
    }

    #[test]
    fn a_time_is_that_of_its_line() {
        let mut clock = Clock::default();
        for (micros, shown) in [
            (1_795_226_443_230_238, "2026-11-21T02:00:43.230238Z"),
            (1_795_226_443_000_009, "2026-11-21T02:00:43.000009Z"),
            (1_795_226_444_000_000, "2026-11-21T02:00:44.000000Z"),
        ] {
            assert_eq!(clock.show(UNIX_EPOCH + Duration::from_micros(micros)), shown);
        }
    }

    fn by_tracing(style: Style, log: impl FnOnce()) -> Vec<u8> {
        #[derive(Clone, Default)]
        struct Written(Arc<Mutex<Vec<u8>>>);
        impl Write for Written {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let written = Written::default();
        let to = written.clone();
        let layer = fmt::layer().with_writer(move || to.clone()).with_target(false);
        let subscriber: Box<dyn Subscriber + Send + Sync> = match style {
            Style::Json => Box::new(registry().with(layer.json().flatten_event(true))),
            Style::Pretty { with_colours } => Box::new(registry().with(layer.with_ansi(with_colours))),
        };
        tracing::subscriber::with_default(subscriber, log);
        let written = written.0.lock().unwrap();
        written.clone()
    }

    /// The time of a line begins with the year.
    fn without_digits_of_time(line: Vec<u8>) -> String {
        let line = String::from_utf8(line).unwrap();
        let begin = line.find("20").unwrap();
        let end = begin + line[begin..].find('Z').unwrap();
        let time: String =
            line[begin..end].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        format!("{}{time}{}", &line[..begin], &line[end..])
    }
}
