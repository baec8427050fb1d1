//! A few lanes, shared by batches of several kinds of question.
//!
//! A batch that has questions wants a lane. A free one starts at once; otherwise the batch waits for its turn, and its
//! questions gather meanwhile.

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::yield_now;
use tokio_util::task::TaskTracker;

use super::lane::Lane;
use crate::postgres::pool::Pool;

/// Questions that want to be asked.
pub trait Work: Send + Sync {
    /// One trip.
    fn run<'a>(self: Arc<Self>, lane: &'a mut Lane) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

#[derive(Clone)]
pub struct Lanes(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Trips under way.
    trips: TaskTracker,
}

struct State {
    /// Last in, first out: the second works only while the first does.
    free: Vec<Lane>,
    waiting: VecDeque<Arc<dyn Work>>,
}

impl Lanes {
    pub fn new(lanes: impl Iterator<Item = Pool>) -> Self {
        let free = lanes.map(Lane::new).collect();
        let state = Mutex::new(State { free, waiting: VecDeque::new() });
        Self(Arc::new(Shared { state, trips: TaskTracker::new() }))
    }

    /// Runs `work` as soon as a lane is free, on the runtime of whoever asks.
    pub fn want(&self, work: Arc<dyn Work>) {
        let free = {
            let mut state = self.state();
            let free = state.free.pop();
            if free.is_none() {
                state.waiting.push_back(work.clone());
            }
            free
        };
        if let Some(lane) = free {
            self.0.trips.spawn(self.clone().drive(lane, work));
        }
    }

    /// Waits for the trips under way, and closes the connections.
    pub async fn close(&self) {
        self.0.trips.close();
        self.0.trips.wait().await;
        let free = mem::take(&mut self.state().free);
        for lane in free {
            lane.close().await;
        }
    }

    async fn drive(self, lane: Lane, mut work: Arc<dyn Work>) {
        let mut driven = Driven { lanes: self, lane: Some(lane) };
        loop {
            // Whoever can ask now does so before the trip begins, and takes part in it.
            yield_now().await;
            let Some(lane) = &mut driven.lane else { return };
            work.run(lane).await;
            match driven.next() {
                Some(next) => work = next,
                None => return,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane at work, which is free again whatever becomes of the work.
struct Driven {
    lanes: Lanes,
    lane: Option<Lane>,
}

impl Driven {
    /// The work that has waited longest. `None`: there is none, and the lane is free.
    fn next(&mut self) -> Option<Arc<dyn Work>> {
        let mut state = self.lanes.state();
        let next = state.waiting.pop_front();
        if next.is_none() {
            state.free.extend(self.lane.take());
        }
        next
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.lanes.state().free.extend(self.lane.take());
    }
}
