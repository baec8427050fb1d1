//! Work that runs to its end, even if whoever asked for it is gone.
//!
//! A client that hangs up drops its request at whatever it awaits. In the middle of a call of the database that closes the
//! connection: the write may or may not happen, and a read goes on in the database while its permit is another's.

use std::{future::pending, panic::resume_unwind};

use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

#[derive(Clone)]
pub struct Detached {
    running: TaskTracker,
    runtime: Handle,
}

impl Detached {
    /// [`Self::run`] is on the runtime of whoever calls this.
    pub fn new() -> Self {
        Self { running: TaskTracker::new(), runtime: Handle::current() }
    }

    /// Runs `work` as a task of its own, as part of the same trace. A panic of it is one of the caller.
    pub async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        ended(self.running.spawn_on(work.in_current_span(), &self.runtime)).await
    }

    /// The same, on the runtime of the caller.
    pub async fn run_here<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        ended(self.running.spawn(work.in_current_span())).await
    }

    /// Waits for all that runs.
    pub async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
    }
}

async fn ended<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime has ended, and what waits for it ends too.
            Err(_) => pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use futures_util::FutureExt;
    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    #[tokio::test]
    async fn work_whose_caller_is_gone_runs_to_its_end_and_is_waited_for() {
        let detached = Detached::new();
        let (go_on, goes_on) = oneshot::channel::<()>();
        let (ended, end) = oneshot::channel();
        let work = async move {
            goes_on.await.unwrap();
            ended.send("done").unwrap();
        };
        let mut caller = Box::pin(detached.run(work));
        assert!(caller.as_mut().now_or_never().is_none());
        drop(caller);

        yield_now().await;
        go_on.send(()).expect("the work still waits");

        detached.finish().await;
        assert_eq!(end.await, Ok("done"));
    }

    #[tokio::test]
    async fn a_panic_is_the_callers() {
        let detached = Detached::new();

        let caught = AssertUnwindSafe(detached.run::<()>(async { panic!("house") })).catch_unwind().await;

        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"house"));
    }
}
