//! The thread that writes the log, in batches: it wakes at most every [`PERIOD`], and rests while nothing comes.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use super::{
    format::{Formatter, Note, Style},
    queue::{Batch, Entry, Queue},
};

const PERIOD: Duration = Duration::from_millis(5);
/// How often the lines are counted that strangers did not get.
const OMITTED_PERIOD: Duration = Duration::from_secs(1);
const DROPPED: &str = "lines dropped: the log was read too slowly";
const OMITTED: &str = "more requests without a caller, too many for a line each";
/// Written at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Ends with the queue's last batch, which closes the receiver.
pub fn start(queue: Arc<Queue>, style: Style, out: impl Write + Send + 'static) -> io::Result<Receiver<()>> {
    let (end, ended) = channel();
    let writer = Writer { out, formatter: Formatter::new(style), text: Vec::new() };
    thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&queue, end))?;
    Ok(ended)
}

struct Writer<W> {
    out: W,
    formatter: Formatter,
    text: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn run(mut self, queue: &Queue, _end: Sender<()>) {
        let mut told = Instant::now();
        loop {
            let batch = queue.take(told.elapsed() >= OMITTED_PERIOD);
            let is_last = batch.is_last;
            if batch.omitted > 0 {
                told = Instant::now();
            }
            self.write(batch);
            if is_last {
                return;
            }
            thread::sleep(PERIOD);
        }
    }

    fn write(&mut self, batch: Batch) {
        let Batch { entries, dropped, omitted, is_last: _ } = batch;
        for entry in entries {
            match entry {
                Entry::Request(line) => self.formatter.request(&mut self.text, &line),
                Entry::Event(line) => self.text.extend_from_slice(&line),
            }
            if self.text.len() >= CHUNK_BYTES {
                self.flush();
            }
        }
        for (message, lines) in [(DROPPED, dropped), (OMITTED, omitted)] {
            if lines > 0 {
                self.formatter.note(&mut self.text, &Note { at: SystemTime::now(), message, lines });
            }
        }
        self.flush();
    }

    /// A log that cannot be written is no reason to stop.
    fn flush(&mut self) {
        self.out.write_all(&self.text).ok();
        self.out.flush().ok();
        self.text.clear();
    }
}
