//! One line a request. It is a plain struct until the writer makes text of it.
//!
//! Anybody can cause lines of requests without a caller, so only [`STRANGERS_A_SECOND`] of these are written each second
//! and the rest is told as a number: a flood of strangers must not crowd out what tenants do.

use std::{
    num::NonZeroU32,
    sync::{Arc, LazyLock, OnceLock},
    time::{Duration, SystemTime},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tracing::{Level, event_enabled};

use super::queue::{Entry, Queue};
use crate::domain::{caller::Actor, correlation_id::CorrelationId, tenant::TenantId};

const STRANGERS_A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
/// What `RUST_LOG` calls these lines.
macro_rules! target {
    () => {
        "azotte_customers::http::frame"
    };
}

static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();
static STRANGERS: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(strangers);

/// What is logged of a request. Nothing in it is a caller's text.
pub struct Line {
    /// When it was answered.
    pub at: SystemTime,
    pub importance: Importance,
    pub method: &'static str,
    /// The route's template.
    pub route: &'static str,
    pub status: u16,
    pub duration: Duration,
    /// `None`: without a caller.
    pub tenant: Option<TenantId>,
    pub actor: Option<Actor>,
    /// Why credentials were refused.
    pub refused_for: Option<&'static str>,
    pub correlation_id: CorrelationId,
}

/// The level of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    Info,
    Debug,
}

/// Logs a request, where there is a log and `RUST_LOG` wants it. Does not wait.
pub fn write(line: Line) {
    let is_wanted = match line.importance {
        Importance::Info => event_enabled!(target: target!(), Level::INFO),
        Importance::Debug => event_enabled!(target: target!(), Level::DEBUG),
    };
    if let Some(queue) = QUEUE.get().filter(|_| is_wanted) {
        push(queue, &STRANGERS, line);
    }
}

/// From now on, for the rest of the process.
pub(super) fn go_to(queue: Arc<Queue>) {
    QUEUE.set(queue).ok();
}

pub(super) fn strangers() -> DefaultDirectRateLimiter {
    RateLimiter::direct(Quota::per_second(STRANGERS_A_SECOND))
}

pub(super) fn push(queue: &Queue, strangers: &DefaultDirectRateLimiter, line: Line) {
    if line.tenant.is_none() && strangers.check().is_err() {
        queue.omit();
    } else {
        queue.push(Entry::Request(line));
    }
}
