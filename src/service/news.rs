//! Tells those who wait that there may be something new in a tenant's feed: at once what this server commits, and what
//! a look at the database found.
//!
//! There are as many tenants here as have somebody waiting. Nothing is sent through the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::domain::{feed::Cursor, tenant::TenantId};

#[derive(Clone, Default)]
pub struct NewsBoard(Arc<Mutex<HashMap<TenantId, watch::Sender<Seen>>>>);

/// What is known of a feed.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// How often this server has committed a change.
    commits: u64,
    look: Option<Look>,
}

/// A feed as the database showed it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub head: Cursor,
    /// Events without a position.
    pub has_waiting: bool,
}

/// News of one tenant since the last time they were waited for.
pub struct News {
    seen: watch::Receiver<Seen>,
    commits: u64,
}

impl NewsBoard {
    pub fn subscribe(&self, tenant: TenantId) -> News {
        let mut seen = self.tenants_mut().entry(tenant).or_default().subscribe();
        let commits = seen.borrow_and_update().commits;
        News { seen, commits }
    }

    /// This server committed a change of this tenant's customers, or gave positions to events.
    pub fn announce(&self, tenant: TenantId) {
        if let Some(sender) = self.tenants_mut().get(&tenant) {
            sender.send_modify(|seen| seen.commits += 1);
        }
    }

    pub fn show(&self, tenant: TenantId, look: Look) {
        if let Some(sender) = self.tenants_mut().get(&tenant) {
            sender.send_modify(|seen| seen.look = Some(look));
        }
    }

    /// Those that somebody waits for. The others are forgotten.
    pub fn tenants(&self) -> Vec<TenantId> {
        let mut tenants = self.tenants_mut();
        tenants.retain(|_, sender| sender.receiver_count() > 0);
        tenants.keys().copied().collect()
    }

    fn tenants_mut(&self) -> MutexGuard<'_, HashMap<TenantId, watch::Sender<Seen>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    /// Waits until there may be events beyond `cursor`, which was read after this was made.
    pub async fn beyond(&mut self, cursor: Cursor) {
        // The sender stays for as long as there is a receiver.
        while self.seen.changed().await.is_ok() {
            let Seen { commits, look } = *self.seen.borrow_and_update();
            let has_committed = std::mem::replace(&mut self.commits, commits) != commits;
            if has_committed || look.is_some_and(|look| look.has_waiting || look.head != cursor) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;
    use crate::domain::feed::FeedId;

    const TENANT: TenantId = TenantId(Uuid::nil());

    fn at(position: i64) -> Cursor {
        Cursor { feed: FeedId(Uuid::nil()).tag(), position }
    }

    fn is_told(news: &mut News, cursor: Cursor) -> bool {
        news.beyond(cursor).now_or_never().is_some()
    }

    #[test]
    fn a_commit_is_told_once_to_each_who_waits_for_this_tenant() {
        let board = NewsBoard::default();
        let (mut one, mut two) = (board.subscribe(TENANT), board.subscribe(TENANT));
        assert!(!is_told(&mut one, at(1)));

        board.announce(TENANT);
        board.announce(TenantId(Uuid::max()));

        for news in [&mut one, &mut two] {
            assert!(is_told(news, at(1)));
            assert!(!is_told(news, at(1)));
        }
    }

    #[test]
    fn a_look_is_told_where_it_shows_more() {
        let board = NewsBoard::default();
        let mut news = board.subscribe(TENANT);
        for (head, has_waiting, expected) in [
            (at(1), false, false),
            (at(2), false, true),
            (at(1), true, true),
            (Cursor { feed: FeedId(Uuid::max()).tag(), position: 1 }, false, true),
        ] {
            board.show(TENANT, Look { head, has_waiting });
            assert_eq!(is_told(&mut news, at(1)), expected, "{head} {has_waiting}");
        }
    }

    #[test]
    fn a_tenant_that_nobody_waits_for_is_forgotten() {
        let board = NewsBoard::default();
        let news = board.subscribe(TENANT);
        assert_eq!(board.tenants(), [TENANT]);
        drop(news);
        assert!(board.tenants().is_empty());
        assert!(board.tenants_mut().is_empty());
    }
}
