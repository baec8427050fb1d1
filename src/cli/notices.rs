//! What a command waits for, told on standard error while it does. A server has its log for this.

use std::fmt::{Debug, Write};

use tracing::{Event, Level, Subscriber, field::Field, level_filters::LevelFilter, subscriber};
use tracing_subscriber::{Layer, filter::Targets, layer::Context, layer::SubscriberExt, registry};

use super::failure::say;

/// Where commands wait.
const PLACES: [&str; 2] =
    ["azotte_customers::postgres::connect", "azotte_customers::postgres::migration_steps"];

/// For the rest of the process.
pub fn show() {
    let waits = PLACES.map(|place| (place, LevelFilter::from_level(Level::INFO)));
    let notices = registry().with(Notices.with_filter(Targets::new().with_targets(waits)));
    subscriber::set_global_default(notices).ok();
}

struct Notices;

impl<S: Subscriber> Layer<S> for Notices {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut sentence = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            if field.name() == "message" {
                write!(sentence, "{value:?}").ok();
            }
        });
        say(&sentence);
    }
}
