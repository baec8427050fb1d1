//! Positions of events, and what readers of the feed may rely on.

mod ordering;
mod positions;
mod writers;
