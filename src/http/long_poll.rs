//! Reads the feed, and where it has nothing, waits until it has.
//!
//! Who waits holds no connection to the database and no slot of the requests in flight.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{
    failure::Failure,
    limits::{
        in_flight::{Overloaded, Slot},
        places::Places,
    },
};
use crate::domain::caller::Caller;
use crate::service::{
    feed::{EventsPage, EventsQuery, FeedService, Start},
    news::News,
};
use crate::telemetry::metrics::Present;

/// Those who wait.
#[derive(Clone)]
pub struct Readers {
    places: Arc<Places>,
    closing: CancellationToken,
}

impl Readers {
    /// One tenant gets a quarter of the places. `closing` sends everybody home.
    pub fn new(places: usize, closing: CancellationToken) -> Self {
        Self { places: Places::new(places, places.div_ceil(4), Present::waiting_reader), closing }
    }

    /// An empty page once `wait` is over, the server stops, or at once where too many wait already.
    pub async fn read(
        &self,
        feed: &dyn FeedService,
        caller: &Caller,
        slot: &Slot,
        mut query: EventsQuery,
        wait: Duration,
    ) -> Result<EventsPage, Failure> {
        let end = Instant::now() + wait;
        let tenant = caller.tenant_id();
        let place = if wait.is_zero() || query.limit == 0 { None } else { self.places.enter(tenant) };
        let Some(_place) = place else { return Ok(feed.events(caller, &query).await?) };
        // Before the first read, so that nothing falls between the two.
        let mut news = feed.news(tenant);
        loop {
            let page = feed.events(caller, &query).await?;
            if !page.events.is_empty() || !self.wait_for(slot, &mut news, &page, end).await? {
                return Ok(page);
            }
            query.start = Start::After(page.cursor);
        }
    }

    /// `false`: there is no news in time.
    async fn wait_for(
        &self,
        slot: &Slot,
        news: &mut News,
        page: &EventsPage,
        end: Instant,
    ) -> Result<bool, Failure> {
        let news = timeout_at(end, self.closing.run_until_cancelled(news.beyond(page.cursor)));
        match slot.release_while(news).await {
            Ok(told) => Ok(matches!(told, Ok(Some(())))),
            Err(Overloaded) => Err(Failure::Unavailable),
        }
    }
}
