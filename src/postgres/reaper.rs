//! Ends what is left of calls that were given up, so that the database never has more backends than the pools have places.
//!
//! A backend that waits for a standby or for storage does not notice that its client has gone. Its place in the pool stays
//! taken until the database itself says that the backend is gone, on a connection that is reserved for this question and
//! made before it is needed. See `docs/decisions/0022-a-place-is-free-once-its-backend-is-gone.md`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{sleep, timeout},
};

use super::{
    backend::{self, Backend},
    idle::{Connected, State},
};

/// How often the reserved connection is tried, so that it is there when it is needed.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// Between two questions whether backends are gone.
const PAUSE: Duration = Duration::from_millis(50);
/// For an answer, or a new connection. Doubled with each failure, for a database that is far away; short at first, because
/// another address may be the right one by now.
const PATIENCE: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(8)];

#[derive(Clone)]
pub struct Reaper {
    given_up: mpsc::UnboundedSender<GivenUp>,
    count: Arc<AtomicU64>,
}

/// A connection that does not answer.
struct GivenUp {
    /// Open to the end: a pooler would give the backend to somebody else.
    connected: Connected,
    _place: OwnedSemaphorePermit,
}

impl Reaper {
    /// Connects by `options`, and ends with its last owner.
    pub fn start(options: &PgConnectOptions) -> Self {
        let (sender, given_up) = mpsc::unbounded_channel();
        let options = options.clone().application_name("azotte-customers reaper");
        tokio::spawn(run(Reserved { options, connection: None, patience: PATIENCE[0] }, given_up));
        Self { given_up: sender, count: Arc::default() }
    }

    /// Connections given up so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Closes a connection that its borrower did not give back, and frees its place once its backend is gone.
    pub fn retire(&self, connected: Connected, place: OwnedSemaphorePermit) {
        // Without a runtime the program ends, and its connections with it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let this = self.clone();
        runtime.spawn(async move {
            match connected.look().await {
                State::Well(connected) => connected.close().await,
                State::Gone => {}
                State::Silent(connected) => return this.give_up(connected, place),
            }
            drop(place);
        });
    }

    /// Ends the backend of a connection that does not answer, and then frees its place.
    pub fn give_up(&self, connected: Connected, place: OwnedSemaphorePermit) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.given_up.send(GivenUp { connected, _place: place }).ok();
    }
}

async fn run(mut reserved: Reserved, mut given_up: mpsc::UnboundedReceiver<GivenUp>) {
    let mut left: Vec<GivenUp> = Vec::new();
    loop {
        let next = if left.is_empty() { timeout(KEEP_ALIVE, given_up.recv()).await.ok() } else { None };
        match next {
            Some(None) => return,
            Some(Some(one)) => left.push(one),
            None => {}
        }
        while let Ok(one) = given_up.try_recv() {
            left.push(one);
        }
        let backends: Vec<Backend> = left.iter().map(|one| one.connected.backend).collect();
        if let Some(alive) = reserved.end(&backends).await {
            left.retain(|one| alive.contains(&one.connected.backend));
        }
        if !left.is_empty() {
            sleep(PAUSE).await;
        }
    }
}

/// The connection on which backends are ended.
struct Reserved {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    patience: Duration,
}

impl Reserved {
    /// Those of `backends` that are still there; `None`: the database does not say.
    async fn end(&mut self, backends: &[Backend]) -> Option<Vec<Backend>> {
        let connection = self.connection.take();
        let ended = timeout(self.patience, async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => connect(&self.options).await?,
            };
            let alive = match backends {
                [] => connection.ping().await.map(|()| Vec::new())?,
                _ => end(&mut connection, backends).await?,
            };
            Ok::<_, sqlx::Error>((connection, alive))
        });
        match ended.await {
            Ok(Ok((connection, alive))) => {
                self.connection = Some(connection);
                self.patience = PATIENCE[0];
                Some(alive)
            }
            Ok(Err(_)) => None,
            Err(_) => {
                self.patience = (self.patience * 2).min(PATIENCE[1]);
                None
            }
        }
    }
}

/// With the statement prepared, which storage may be needed for.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    end(&mut connection, &[]).await?;
    Ok(connection)
}

async fn end(connection: &mut PgConnection, backends: &[Backend]) -> Result<Vec<Backend>, sqlx::Error> {
    let pids: Vec<i32> = backends.iter().map(|backend| backend.pid).collect();
    let starts: Vec<_> = backends.iter().map(|backend| backend.started_at).collect();
    sqlx::query_as(backend::END).bind(pids).bind(starts).fetch_all(connection).await
}
