//! Positions of events, and what readers of the feed may rely on.

mod consumer;
mod ordering;
mod positions;
mod retention;
mod waiting;
mod writers;
