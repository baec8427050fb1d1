//! Clients over keep-alive connections, and what they were told how fast.

use std::{
    net::SocketAddr,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep_until,
};

pub type Request = Arc<dyn Fn() -> Vec<u8> + Send + Sync>;

/// Times of answers, by what they were.
#[derive(Default)]
pub struct Outcome {
    pub took: Duration,
    /// 2xx, and 409: what was asked for is there.
    pub done: Vec<Duration>,
    /// 429 and 503.
    pub refused: Vec<Duration>,
    /// Anything else, or no answer.
    pub failed: usize,
}

impl Outcome {
    /// Done in a second.
    pub fn rate(&self) -> f64 {
        self.done.len() as f64 / self.took.as_secs_f64()
    }

    /// One after the other: what they took is added, too.
    pub fn add(&mut self, other: Self) {
        self.took += other.took;
        self.done.extend(other.done);
        self.refused.extend(other.refused);
        self.failed += other.failed;
    }
}

/// The part of `times` that is at most this long, in milliseconds.
pub fn percentile(times: &[Duration], part: f64) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = ((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1));
    times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

/// Each client asks again as soon as it was answered.
pub async fn closed_loop(address: SocketAddr, clients: usize, time: Duration, request: Request) -> Outcome {
    let mut asking = JoinSet::new();
    let start = Instant::now();
    for _ in 0..clients {
        let request = request.clone();
        asking.spawn(async move {
            let mut outcome = Outcome::default();
            let mut connection = Connection::new(address);
            while start.elapsed() < time {
                connection.ask(&request(), Instant::now(), &mut outcome).await;
            }
            outcome
        });
    }
    collect(asking, start).await
}

/// So many requests a second, whatever becomes of them; each is timed from when it was due.
pub async fn open_loop(
    address: SocketAddr,
    clients: usize,
    per_second: f64,
    time: Duration,
    request: Request,
) -> Outcome {
    let mut asking = JoinSet::new();
    let start = Instant::now();
    let period = Duration::from_secs_f64(clients as f64 / per_second);
    for client in 0..clients {
        let request = request.clone();
        asking.spawn(async move {
            let mut outcome = Outcome::default();
            let mut connection = Connection::new(address);
            let mut due = start + period.mul_f64(client as f64 / clients as f64);
            while due < start + time {
                sleep_until(due.into()).await;
                connection.ask(&request(), due, &mut outcome).await;
                due += period;
            }
            outcome
        });
    }
    collect(asking, start).await
}

async fn collect(asking: JoinSet<Outcome>, start: Instant) -> Outcome {
    let mut all = Outcome::default();
    for outcome in asking.join_all().await {
        all.add(outcome);
    }
    all.took = start.elapsed();
    all
}

pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: vec![0; 16 * 1024] }
    }

    /// Asks, and notes what was told since `since`.
    pub async fn ask(&mut self, request: &[u8], since: Instant, outcome: &mut Outcome) {
        match self.answer(request).await {
            Ok((200..300 | 409, _)) => outcome.done.push(since.elapsed()),
            Ok((429 | 503, _)) => outcome.refused.push(since.elapsed()),
            _ => outcome.failed += 1,
        }
    }

    /// Status and body.
    pub async fn answer(&mut self, request: &[u8]) -> std::io::Result<(u16, &[u8])> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        stream.write_all(request).await?;
        let mut length = 0;
        loop {
            let read = stream.read(&mut self.buffer[length..]).await?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            length += read;
            if let Some((status, body)) = parse(&self.buffer[..length])
                && length >= body.end
            {
                self.stream = Some(stream);
                return Ok((status, &self.buffer[body]));
            }
        }
    }
}

async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The status, and where the body will be, of an answer of which the head is there.
fn parse(answer: &[u8]) -> Option<(u16, Range<usize>)> {
    let start = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..start]).ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    let length = head
        .lines()
        .filter(|line| line.starts_with(['c', 'C']))
        .filter_map(|line| line.split_once(": "))
        .find_map(|(name, value)| name.eq_ignore_ascii_case("content-length").then_some(value));
    Some((status, start..start + length.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0)))
}

/// Runs `work` on one thread: the rest of the machine is for what is measured.
pub fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work)
}
