//! Threads of their own for connections.
//!
//! On one runtime every connection that has something to say is in the same queue as the requests in work. With
//! thousands of them refused, each step of a request would wait for all: the server would do nothing but refuse.
//! With two, the operating system divides the processors between refusing and working.

use std::{future::Future, io, num::NonZeroUsize, thread::available_parallelism};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinHandle,
};

/// Half of the processors at most are busy with connections.
pub struct ConnectionRuntime {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl ConnectionRuntime {
    pub fn open() -> io::Result<Self> {
        let threads = available_parallelism().map_or(1, NonZeroUsize::get).div_ceil(2);
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(threads).thread_name("connections").enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Until the runtime is dropped.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn(work)
    }
}

impl Drop for ConnectionRuntime {
    /// A runtime may not be dropped on a thread of another.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
