//! How far a long command is, on standard error: a bar where that is a terminal, a line for each tenth elsewhere.

use std::{
    io::{IsTerminal, Write, stderr},
    time::Instant,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const STEPS: u64 = 10;
/// Of a short file nothing is told.
const LEAST_STEP: u64 = 1000;
/// Where nobody knows how many there will be.
const LINES_PER_STEP: u64 = 100_000;
const OF_KNOWN: &str = "{prefix:<10} {bar:17} {percent:>3} %  {human_pos} lines  {per_sec}  {eta} left{msg}";
const OF_UNKNOWN: &str = "{prefix:<10} {human_pos} lines  {per_sec}{msg}";

pub struct Bar {
    doing: &'static str,
    total: Option<u64>,
    /// Before this command.
    began_at: u64,
    began: Instant,
    /// `None`: no terminal.
    bar: Option<ProgressBar>,
    told: u64,
}

impl Bar {
    /// `done` of `total` were done before; `total` where it is known.
    pub fn new(doing: &'static str, done: u64, total: Option<u64>) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
            let template = if total.is_some() { OF_KNOWN } else { OF_UNKNOWN };
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style);
            bar.set_prefix(doing);
            // Lines of an earlier command are no work of this one.
            bar.set_position(done);
            bar.reset_eta();
            bar
        });
        let began = Instant::now();
        Self { doing, total, began_at: done, began, bar, told: done }
    }

    /// `done` now; `failed` of them.
    pub fn set(&mut self, done: u64, failed: u64) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                if failed > 0 {
                    bar.set_message(format!(" · {} failed", count(failed)));
                }
            }
            None => self.tell(done),
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn tell(&mut self, done: u64) {
        let step = self.total.map_or(LINES_PER_STEP, |total| total.div_ceil(STEPS).max(LEAST_STEP));
        if done / step == self.told / step || Some(done) == self.total {
            return;
        }
        self.told = done;
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        let rate = (done - self.began_at) as f64 / seconds;
        let lines = format!("{} {} lines", self.doing, count(done));
        let line = match self.total {
            Some(total) => {
                let left = ((total - done.min(total)) as f64 / rate.max(0.001)) as u64;
                let (percent, total) = (done * 100 / total.max(1), count(total));
                format!("{lines} of {total}, {percent} %, {}/s, {} left", count(rate as u64), clock(left))
            }
            None => format!("{lines}, {}/s", count(rate as u64)),
        };
        // Nobody may be reading.
        writeln!(stderr(), "{line}").ok();
    }
}

/// `0:42`.
fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// `1,204,331`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, grouped) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_204_331, "1,204,331")] {
            assert_eq!(count(number), grouped);
        }
        assert_eq!(clock(642), "10:42");
    }
}
