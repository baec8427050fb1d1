//! Variables of the environment that look like settings and are none: a typing error makes a setting the default.

use clap::Command;

use super::api::KEY_VARIABLE;

const PREFIX: &str = "AZOTTE_";
/// Where the nearest name is likelier a coincidence than what was meant.
const LEAST_SIMILARITY: f64 = 0.8;

/// A sentence for each. Names only: a value may be a secret.
pub fn find(command: &Command) -> Vec<String> {
    let known: Vec<String> = command
        .get_arguments()
        .filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned()))
        .collect();
    let mut names: Vec<String> =
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.retain(|name| name.starts_with(PREFIX) && !known.contains(name) && !is_of_others(name));
    names.sort_unstable();
    names.iter().map(|name| sentence(name, &known)).collect()
}

/// Read by a command that has no flag for it, or by the tests.
fn is_of_others(name: &str) -> bool {
    name == KEY_VARIABLE || ["AZOTTE_TEST_", "AZOTTE_CRASH_"].iter().any(|prefix| name.starts_with(prefix))
}

fn sentence(name: &str, known: &[String]) -> String {
    let similarity = |other: &String| strsim::jaro_winkler(name, other);
    let nearest = known.iter().max_by(|one, other| similarity(one).total_cmp(&similarity(other)));
    match nearest.filter(|other| similarity(other) >= LEAST_SIMILARITY) {
        Some(other) => format!("{name} is no setting; is {other} meant?"),
        None => format!("{name} is no setting"),
    }
}
