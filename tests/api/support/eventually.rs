//! Waiting for what happens soon but not at once: a notification, a background task, a session's end.

use std::time::Duration;

/// Asks until the answer is yes; gives up, as a failure, after ten seconds.
///
/// Ten seconds are a third of what a credential is remembered for, so that nothing that only times out of
/// a cache passes for a notification.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("did not happen: {what}");
}
