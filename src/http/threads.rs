//! The threads that serve. Each has a runtime of its own: a connection, its requests and what they wait for stay on one
//! thread, and no request changes threads on its way.
//!
//! One loop accepts connections and deals them out in turn. A listener for each thread (`SO_REUSEPORT`) would spread the
//! few connections of a proxy unevenly.

use std::{
    convert::Infallible,
    future::pending,
    io::{self, ErrorKind},
    net::TcpListener,
    sync::Arc,
    thread,
    time::Duration,
};

use axum::body::Body;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};

use super::{
    connection::{Admitted, Connections},
    frame::Frame,
};

/// What a client can make a connection keep in memory: its head, and as much again of what follows.
const MAX_HEAD_BYTES: u32 = 32 * 1024;
/// Fields of an HTTP/1 head. hyper makes space for all of them with every request, so each costs those who send few.
const MAX_HEADERS: usize = 256;
const MAX_CONCURRENT_STREAMS: u32 = 100;
/// The pause after a failure to accept that is not the connection's, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Dropped, the threads end, with all that they still do.
pub struct Threads {
    connections: Connections,
    threads: Vec<Thread>,
}

struct Thread {
    connections: mpsc::UnboundedSender<Admitted>,
    lifetime: Lifetime,
}

struct Lifetime {
    /// Told when all connections of the thread have ended.
    drained: oneshot::Receiver<()>,
    /// The thread lives until this is dropped: connections to the database that it opened are in use elsewhere.
    _alive: oneshot::Sender<()>,
}

impl Threads {
    /// Starts so many threads. Each calls `frame` with its number, from 0, and serves what it returns. After the end,
    /// connections have `grace` to finish what they are doing.
    pub fn start(
        count: usize,
        connections: Connections,
        grace: Duration,
        frame: impl Fn(usize) -> Frame + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let frame = Arc::new(frame);
        let threads = (0..count).map(|number| {
            let frame = frame.clone();
            Thread::start(number, grace, move || frame(number))
        });
        Ok(Self { threads: threads.collect::<io::Result<_>>()?, connections })
    }

    /// Serves until `stop` completes. Then it takes no new connections and waits for those that it has.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<Drained> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::select! {
            () = stop => {}
            never = self.accept(&listener) => match never {},
        }
        drop(listener);
        // Without their senders the threads know that no connection comes.
        let mut lifetimes: Vec<_> = self.threads.into_iter().map(|thread| thread.lifetime).collect();
        for lifetime in &mut lifetimes {
            (&mut lifetime.drained).await.ok();
        }
        Ok(Drained { _lifetimes: lifetimes })
    }

    async fn accept(&self, listener: &tokio::net::TcpListener) -> Infallible {
        let mut threads = self.threads.iter().cycle();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    if let Some(admitted) = self.connections.admit(stream)
                        && let Some(thread) = threads.next()
                    {
                        thread.connections.send(admitted).ok();
                    }
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

/// No connection is left, and the threads rest until this is dropped.
pub struct Drained {
    _lifetimes: Vec<Lifetime>,
}

impl Thread {
    fn start(
        number: usize,
        grace: Duration,
        frame: impl FnOnce() -> Frame + Send + 'static,
    ) -> io::Result<Self> {
        let (connections, arriving) = mpsc::unbounded_channel();
        let (drained, when_drained) = oneshot::channel();
        let (alive, end) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let life = async move {
            serve(arriving, Arc::new(frame()), grace).await;
            drained.send(()).ok();
            pending::<()>().await;
        };
        thread::Builder::new().name(format!("serve-{number}")).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = life => {}
                    _ = end => {}
                }
            })
        })?;
        Ok(Self { connections, lifetime: Lifetime { drained: when_drained, _alive: alive } })
    }
}

/// Serves every connection that arrives, and then waits for those that are left.
async fn serve(mut arriving: mpsc::UnboundedReceiver<Admitted>, frame: Arc<Frame>, grace: Duration) {
    let graceful = GracefulShutdown::new();
    let http = http();
    while let Some(admitted) = arriving.recv().await {
        serve_connection(admitted, &http, frame.clone(), graceful.watcher());
    }
    timeout(grace, graceful.shutdown()).await.ok();
}

fn serve_connection(admitted: Admitted, http: &Builder<TokioExecutor>, frame: Arc<Frame>, watcher: Watcher) {
    let Ok((stream, watch)) = admitted.open() else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let (frame, open) = (frame.clone(), watch.begin(request.version()));
        async move { Ok::<_, Infallible>(open.watch(frame.answer(request.map(Body::new)).await)) }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service).into_owned();
    tokio::spawn(watcher.watch(connection));
}

fn http() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `Connections` has the time limits.
        .header_read_timeout(None)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_CONCURRENT_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES);
    builder
}

/// It was gone before it was accepted.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
