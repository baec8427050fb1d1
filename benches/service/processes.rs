//! Processor time of processes, as Linux counts it: in hundredths of a second.

use std::{fs, time::Duration};

/// What this process has used; zero if there is none.
pub fn processor_time(process: u32) -> Duration {
    Stat::of(process).map_or(Duration::ZERO, |stat| stat.own)
}

/// What this process and its children have used, those that have ended included.
pub fn processor_time_of_family(parent: u32) -> Duration {
    let all = fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let stats: Vec<(u32, Stat)> = all.filter_map(|process| Some((process, Stat::of(process)?))).collect();
    let running = stats.iter().filter(|(_, stat)| stat.parent == parent).map(|(_, stat)| stat.own);
    let ended =
        stats.iter().filter(|(process, _)| *process == parent).map(|(_, stat)| stat.own + stat.children);
    running.chain(ended).sum()
}

/// What this process and its children that have ended have used.
pub fn own_processor_time() -> Duration {
    Stat::of(std::process::id()).map_or(Duration::ZERO, |stat| stat.own + stat.children)
}

/// What all processes of the machine have used, and what its host took for others.
pub fn machine_processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/stat").expect("/proc/stat");
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal. Interrupts are counted to no process.
    let busy: u64 = [0, 1, 2, 7].iter().filter_map(|at| ticks.get(*at)).sum();
    Duration::from_millis(busy * 1000 / TICKS_A_SECOND)
}

const TICKS_A_SECOND: u64 = 100;

/// What `/proc/<process>/stat` says.
struct Stat {
    parent: u32,
    own: Duration,
    /// Of children that have ended.
    children: Duration,
}

impl Stat {
    fn of(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        let time = |ticks: u64| Duration::from_millis(ticks * 1000 / TICKS_A_SECOND);
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: time(ticks(11) + ticks(12)),
            children: time(ticks(13) + ticks(14)),
        })
    }
}
