//! Natural batching: questions of one kind gather while a trip to the database is under way, and the next trip takes all
//! of them.
//!
//! There is no timer and no waiting for company: where a lane (a connection of its own) is free, a question starts at
//! once. One question costs one trip; under load a trip carries many, and a commit, a round trip and the start of a
//! statement are shared.
//!
//! - [`op`]: what can be asked in this way;
//! - [`queue`]: whose questions are in the next trip, fair between tenants;
//! - [`lane`], [`lanes`]: the connections.
//!
//! A statement that is refused has done nothing, and does not tell which question was the cause. Everybody in it is told
//! [`Miss::Alone`], and asks again by itself. See `docs/decisions/0019-questions-travel-together.md`.

mod lane;
mod lanes;
mod op;
mod queue;

use std::{
    iter,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::oneshot, time::Instant};

use self::{
    lane::{Grouping, Lane, Ready},
    lanes::Work,
    queue::{Full, Queue},
};
pub use self::{
    lanes::Lanes,
    op::{Op, by_place},
};
use crate::telemetry::metrics;

/// Questions of one trip. More would make the first wait for the last.
const MAX_TRIP: usize = 64;
/// Questions of one tenant that may wait while other tenants have some, too.
const MAX_WAITING: usize = 256;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// Nothing has happened. Asked alone, the question gets its own answer or its own error.
    Alone,
    /// The statement may have been executed. What is only read may be asked again.
    Unknown,
    /// Too many questions of this tenant wait.
    Full,
}

impl From<Full> for Miss {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// Where questions of one kind gather.
pub struct Batch<O: Op> {
    lanes: Lanes,
    state: Mutex<State<O>>,
}

struct State<O: Op> {
    queue: Queue<Question<O>>,
    /// A lane has been asked for, and has not come yet.
    awaits_lane: bool,
}

struct Question<O: Op> {
    ask: O::Ask,
    asked_at: Instant,
    reply: oneshot::Sender<Reply<O>>,
}

type Reply<O> = Result<Option<<O as Op>::Answer>, Miss>;

impl<O: Op> Batch<O> {
    pub fn new(lanes: &Lanes) -> Arc<Self> {
        let state = State { queue: Queue::new(MAX_WAITING), awaits_lane: false };
        Arc::new(Self { lanes: lanes.clone(), state: Mutex::new(state) })
    }

    /// The answer of the database; `None`: it has no row for this.
    ///
    /// Dropped before its trip begins, the question is not asked. Dropped later, it is asked to the end.
    pub async fn ask(self: &Arc<Self>, ask: O::Ask) -> Reply<O> {
        let (reply, answer) = oneshot::channel();
        let question = Question { asked_at: Instant::now(), reply, ask };
        if self.push(question)? {
            self.lanes.want(self.clone());
        }
        answer.await.unwrap_or(Err(Miss::Unknown))
    }

    /// Whether a lane has to be asked for.
    fn push(&self, question: Question<O>) -> Result<bool, Full> {
        let mut state = self.state();
        state.queue.push(O::tenant(&question.ask), question)?;
        Ok(!std::mem::replace(&mut state.awaits_lane, true))
    }

    /// The questions of the next trip. Where some are left, a lane is asked for again.
    fn next_trip(self: &Arc<Self>, grouping: Grouping) -> Vec<Question<O>> {
        let (questions, some_left) = {
            let mut state = self.state();
            let questions = match grouping {
                Grouping::AcrossTenants => {
                    iter::from_fn(|| state.queue.pop()).filter(Question::is_awaited).take(MAX_TRIP).collect()
                }
                Grouping::ByTenant => {
                    let questions = state.queue.pop_of_one_tenant(MAX_TRIP);
                    questions.into_iter().filter(Question::is_awaited).collect()
                }
            };
            state.awaits_lane = !state.queue.is_empty();
            (questions, state.awaits_lane)
        };
        if some_left {
            self.lanes.want(self.clone());
        }
        questions
    }

    async fn trip(self: Arc<Self>, lane: &mut Lane) {
        let ready = lane.ready().await;
        let grouping = ready.as_ref().map_or(Grouping::AcrossTenants, |ready| ready.grouping);
        let questions: Vec<Question<O>> = self.next_trip(grouping);
        let Some(longest) = questions.iter().map(|question| question.asked_at.elapsed()).max() else {
            if let Ok(ready) = ready {
                lane.put_back(ready);
            }
            return;
        };
        metrics::trip(questions.len(), longest);
        let (asks, replies): (Vec<_>, Vec<_>) =
            questions.into_iter().map(|question| (question.ask, question.reply)).unzip();
        let answers = match ready {
            Ok(ready) => ask::<O>(lane, ready, &asks).await,
            // Alone it meets the same, and tells it.
            Err(_) => Err(Miss::Alone),
        };
        match answers {
            Ok(answers) => {
                iter::zip(replies, answers).for_each(|(reply, answer)| drop(reply.send(Ok(answer))));
            }
            Err(miss) => replies.into_iter().for_each(|reply| drop(reply.send(Err(miss)))),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A read that met a connection which had been cut is asked again on a new one.
async fn ask<O: Op>(lane: &mut Lane, ready: Ready, asks: &[O::Ask]) -> Result<Vec<Option<O::Answer>>, Miss> {
    let was_idle = ready.was_idle;
    let answers = lane.trip::<O>(ready, asks).await;
    if !O::IS_READ || !was_idle || !matches!(answers, Err(Miss::Unknown)) {
        return answers;
    }
    let fresh = lane.ready().await.map_err(|_| Miss::Alone)?;
    lane.trip::<O>(fresh, asks).await
}

impl<O: Op> Question<O> {
    fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }
}

impl<O: Op> Work for Batch<O> {
    fn run<'a>(self: Arc<Self>, lane: &'a mut Lane) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(self.trip(lane))
    }
}
