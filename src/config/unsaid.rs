//! Where the environment has no default: a server that others reach, or a database that may hold real customers.
//!
//! The sandbox has a key that everybody knows. It must be a decision, not an omission.

use std::net::SocketAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentUnsaid {
    #[error("AZOTTE_ENVIRONMENT (--environment) must be set where DATABASE_URL is set: to live or sandbox.")]
    OnADatabase,
    #[error(
        "AZOTTE_ENVIRONMENT (--environment) must be set where AZOTTE_LISTEN is not a loopback address: to live or sandbox."
    )]
    InTheOpen,
}

/// For a program that was not told its environment; `listen` is the address of a server.
pub fn demand_environment(
    has_database_url: bool,
    listen: Option<SocketAddr>,
) -> Result<(), EnvironmentUnsaid> {
    if has_database_url {
        return Err(EnvironmentUnsaid::OnADatabase);
    }
    match listen {
        Some(address) if !address.ip().to_canonical().is_loopback() => Err(EnvironmentUnsaid::InTheOpen),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_for_this_machine_with_its_own_database_may_leave_it_out() {
        for (listen, expected) in [
            ("127.0.0.1:8080", Ok(())),
            ("[::1]:8080", Ok(())),
            ("[::ffff:127.0.0.1]:8080", Ok(())),
            ("0.0.0.0:8080", Err(EnvironmentUnsaid::InTheOpen)),
            ("[::]:8080", Err(EnvironmentUnsaid::InTheOpen)),
            ("192.0.2.1:8080", Err(EnvironmentUnsaid::InTheOpen)),
        ] {
            assert_eq!(demand_environment(false, listen.parse().ok()), expected, "{listen}");
        }
        assert_eq!(demand_environment(false, None), Ok(()));
        assert_eq!(demand_environment(true, None), Err(EnvironmentUnsaid::OnADatabase));
    }
}
