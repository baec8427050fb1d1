//! Clients that store, update and delete customers of their own for as long as they are let.

use std::{
    net::SocketAddr,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use azotte_customers::domain::customer_urn::CustomerUrn;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    history::{History, Kind, Outcome, Write},
    http,
};

const CLIENTS: u64 = 6;
/// After an answer that was none: the server is starting again.
const PAUSE: Duration = Duration::from_millis(20);

pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<History>>,
}

struct Shared {
    address: RwLock<SocketAddr>,
    stop: AtomicBool,
    acknowledged: AtomicUsize,
}

impl Load {
    pub fn start(address: SocketAddr, seed: u64) -> Self {
        let shared = Arc::new(Shared {
            address: RwLock::new(address),
            stop: AtomicBool::new(false),
            acknowledged: AtomicUsize::new(0),
        });
        let clients = (0..CLIENTS).map(|name| {
            let shared = shared.clone();
            thread::spawn(move || Client::new(seed, name, shared).run())
        });
        Self { clients: clients.collect(), shared }
    }

    /// Writes acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.shared.acknowledged.load(Ordering::SeqCst)
    }

    /// The server has moved.
    pub fn redirect(&self, address: SocketAddr) {
        *self.shared.address.write().unwrap() = address;
    }

    /// Lets every client finish what it is at.
    pub fn stop(self) -> Vec<Write> {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.clients.into_iter().flat_map(|client| client.join().unwrap().writes()).collect()
    }
}

/// What a client knows of a customer of its own: it touches one only while it knows how it stands.
struct Known {
    urn: String,
    external_id: String,
}

struct Client {
    /// Begins its customers' external ids, in this load and no other.
    name: String,
    random: StdRng,
    shared: Arc<Shared>,
    history: History,
    known: Vec<Known>,
    stored: usize,
}

impl Client {
    fn new(seed: u64, number: u64, shared: Arc<Shared>) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_add(number + 1));
        let name = format!("{seed}-{number}");
        Self { name, random, shared, history: History::default(), known: Vec::new(), stored: 0 }
    }

    fn run(mut self) -> History {
        while !self.shared.stop.load(Ordering::SeqCst) {
            match self.random.random_range(0..10) {
                0..4 => self.store(),
                4 => self.store_again(),
                5..8 => self.update(),
                8 => self.update_nobody(),
                _ => self.delete(),
            }
        }
        self.history
    }

    fn store(&mut self) {
        self.stored += 1;
        let external_id = format!("crm-{}-{}", self.name, self.stored);
        if let Some(urn) = self.ask(Kind::Store, &external_id, json!({ "externalIdentifier": external_id })) {
            self.known.push(Known { urn, external_id });
        }
    }

    /// To be refused: the identity is taken.
    fn store_again(&mut self) {
        let Some(index) = self.any() else { return };
        let external_id = self.known[index].external_id.clone();
        self.ask(Kind::Store, &external_id, json!({ "externalIdentifier": external_id }));
    }

    fn update(&mut self) {
        let Some(index) = self.any() else { return };
        let Known { urn, external_id } = self.known.swap_remove(index);
        if let Some(urn) = self.ask(Kind::Update, &external_id, json!({ "customerUrn": urn })) {
            self.known.push(Known { urn, external_id });
        }
    }

    /// To be refused: there is no such customer.
    fn update_nobody(&mut self) {
        let external_id = format!("nobody-{}", self.name);
        self.ask(Kind::Update, &external_id, json!({ "externalIdentifier": external_id }));
    }

    fn delete(&mut self) {
        let Some(index) = self.any() else { return };
        let Known { urn, external_id } = self.known.swap_remove(index);
        self.ask(Kind::Delete, &external_id, json!({ "customerUrn": urn }));
    }

    fn any(&mut self) -> Option<usize> {
        let many = self.known.len();
        (many > 0).then(|| self.random.random_range(0..many))
    }

    /// The URN of the customer where the write was acknowledged.
    fn ask(&mut self, kind: Kind, external_id: &str, customer: Value) -> Option<String> {
        let address = *self.shared.address.read().unwrap();
        let write = self.history.intend(kind, external_id);
        let (endpoint, body) = request(kind, customer, &write.mark);
        let Some(reply) = http::post(address, endpoint, write.correlation_id, &body) else {
            thread::sleep(PAUSE);
            return None;
        };
        match reply.status {
            200 => {
                let result = &reply.body["result"];
                // A deletion has no result.
                let urn = result["customerUrn"].as_str().or(body["customerUuid"].as_str()).unwrap();
                let number = CustomerUrn::parse(urn).unwrap().stored_number().unwrap();
                write.outcome = Outcome::Acknowledged { number, version: result["version"].as_i64() };
                self.shared.acknowledged.fetch_add(1, Ordering::SeqCst);
                Some(urn.to_owned())
            }
            503 => {
                thread::sleep(PAUSE);
                None
            }
            status => {
                write.outcome = Outcome::Refused(status);
                None
            }
        }
    }
}

fn request(kind: Kind, mut customer: Value, mark: &str) -> (&'static str, Value) {
    customer["firstName"] = json!(mark);
    let region = json!({ "countryCode": "DE", "languageCode": "de" });
    match kind {
        Kind::Store => ("store", json!({ "customer": customer, "claimedRegion": region })),
        Kind::Update => ("update", json!({ "customer": customer })),
        Kind::Delete => ("delete", json!({ "customerUuid": customer["customerUrn"] })),
    }
}
