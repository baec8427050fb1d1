//! Requests that meet each other.

use std::sync::Arc;

use tokio::{sync::Barrier, task::JoinSet};

use super::Reply;

/// Runs all of them together, from one starting line, and returns what each came to; in no order.
pub async fn all_at_once<T, F>(tasks: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<F> = tasks.into_iter().collect();
    let line = Arc::new(Barrier::new(tasks.len()));
    let mut running = JoinSet::new();
    for task in tasks {
        let line = line.clone();
        running.spawn(async move {
            line.wait().await;
            task.await
        });
    }
    running.join_all().await
}

/// How many answers had this status.
pub fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}
