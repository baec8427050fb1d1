//! The log: one queue for the lines of requests and for the events of `tracing`, and one thread that writes it.
//!
//! No request waits for the reader of the log. Lines that do not fit into the queue are dropped and counted. What was
//! logged in the last milliseconds before a SIGKILL is lost.

mod format;
mod queue;
pub mod request_lines;
mod writer;

use std::{
    io::{self, Write},
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt, filter_fn},
    fmt,
};

use self::{
    format::Style,
    queue::{EventWriter, Queue},
};

/// How long the end of the program waits for a reader that reads nothing.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(1);

pub type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

impl LogFormat {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pretty" => Some(Self::Pretty),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Writes until it is dropped, and then what is left.
pub struct Log {
    queue: Arc<Queue>,
    style: Style,
    /// Closed by the writer when it has ended.
    ended: Receiver<()>,
}

impl Log {
    /// The first log of a process gets the lines of requests.
    pub fn start(
        format: LogFormat,
        with_colours: bool,
        out: impl Write + Send + 'static,
    ) -> io::Result<Self> {
        let style = match format {
            LogFormat::Json => Style::Json,
            LogFormat::Pretty => Style::Pretty { with_colours },
        };
        let queue = Arc::new(Queue::default());
        let ended = writer::start(queue.clone(), style, out)?;
        request_lines::go_to(queue.clone());
        Ok(Self { queue, style, ended })
    }

    /// Lines are made of events only; spans are for traces.
    pub fn layer(&self, levels: EnvFilter) -> BoxedLayer {
        let queue = self.queue.clone();
        let lines = fmt::layer().with_writer(move || EventWriter::new(queue.clone())).with_target(false);
        let lines = match self.style {
            Style::Pretty { with_colours } => lines.with_ansi(with_colours).boxed(),
            Style::Json => lines.json().flatten_event(true).boxed(),
        };
        lines.with_filter(levels.and(filter_fn(|metadata| metadata.is_event()))).boxed()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.queue.close();
        self.ended.recv_timeout(PATIENCE_AT_THE_END).ok();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{Mutex, MutexGuard},
        time::SystemTime,
    };

    use serde_json::Value;
    use uuid::Uuid;

    use super::{
        queue::{Entry, MAX_WAITING},
        request_lines::{Importance, Line},
        *,
    };
    use crate::domain::{correlation_id::CorrelationId, tenant::TenantId};

    const TENANT: TenantId = TenantId(Uuid::from_u128(7));

    #[test]
    fn a_flood_of_strangers_does_not_crowd_out_a_tenant_while_the_log_is_not_read() {
        let flood = 2 * MAX_WAITING + 1000;
        let strangers = request_lines::strangers();
        let reader = Reader::default();
        let log = Log::start(LogFormat::Json, false, reader.clone()).unwrap();
        let pause = reader.pause();
        for _ in 0..flood {
            request_lines::push(&log.queue, &strangers, line(None));
        }
        request_lines::push(&log.queue, &strangers, line(Some(TENANT)));
        drop(pause);

        let lines = reader.read_to_the_end(log);
        assert_eq!(lines.iter().filter(|line| line["tenant"] == TENANT.to_string()).count(), 1);
        let written = lines.iter().filter(|line| line["message"] == "request").count() - 1;
        assert_eq!(written + told(&lines, "without a caller"), flood);
        assert!(written < flood / 10, "{written}");
    }

    #[test]
    fn a_line_without_room_is_told_of_and_counted() {
        let pushed = 2 * MAX_WAITING + 7;
        let reader = Reader::default();
        let log = Log::start(LogFormat::Json, false, reader.clone()).unwrap();
        let pause = reader.pause();
        for _ in 0..pushed {
            log.queue.push(Entry::Request(line(Some(TENANT))));
        }
        drop(pause);

        let lines = reader.read_to_the_end(log);
        let dropped = told(&lines, "dropped");
        assert!(dropped >= 7, "{dropped}");
        let written = lines.iter().filter(|line| line["message"] == "request").count();
        assert_eq!(written + dropped, pushed);
    }

    #[test]
    fn lines_and_events_keep_their_order_and_a_panic_ends_with_the_last_of_them() {
        let reader = Reader::default();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let log = Log::start(LogFormat::Json, false, reader.clone()).unwrap();
            for number in 0..100 {
                log.queue.push(Entry::Event(format!("{{\"number\":{number}}}\n").into_bytes().into()));
                log.queue.push(Entry::Request(Line { status: number, ..line(Some(TENANT)) }));
            }
            panic!("with lines that nobody has written yet");
        }));

        assert!(panicked.is_err());
        let order: Vec<_> = reader
            .lines()
            .iter()
            .map(|line| line["number"].as_u64().or_else(|| line["status"].as_u64()).unwrap())
            .collect();
        assert_eq!(order, (0..100).flat_map(|number| [number, number]).collect::<Vec<_>>());
    }

    fn line(tenant: Option<TenantId>) -> Line {
        Line {
            at: SystemTime::now(),
            importance: Importance::Info,
            method: "GET",
            route: "/",
            status: 200,
            duration: Duration::ZERO,
            tenant,
            actor: None,
            refused_for: None,
            correlation_id: CorrelationId(Uuid::nil()),
        }
    }

    /// The sum of what the log says about itself in these words.
    fn told(lines: &[Value], words: &str) -> usize {
        let said =
            lines.iter().filter(|line| line["message"].as_str().is_some_and(|said| said.contains(words)));
        said.map(|line| usize::try_from(line["lines"].as_u64().unwrap()).unwrap()).sum()
    }

    #[derive(Clone, Default)]
    struct Reader(Arc<Mutex<Vec<u8>>>);

    impl Reader {
        /// Nothing can be written while this is held.
        fn pause(&self) -> MutexGuard<'_, Vec<u8>> {
            self.0.lock().unwrap()
        }

        fn read_to_the_end(&self, log: Log) -> Vec<Value> {
            log.queue.close();
            log.ended.recv().unwrap_err();
            self.lines()
        }

        fn lines(&self) -> Vec<Value> {
            self.pause()
                .split(|byte| *byte == b'\n')
                .filter_map(|line| serde_json::from_slice(line).ok())
                .collect()
        }
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
