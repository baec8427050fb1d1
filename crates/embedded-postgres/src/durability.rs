//! The one choice of the caller: may data be lost when the machine crashes?

/// How much the cluster may lose in a crash of the machine.
///
/// The process that starts the cluster decides. A process that joins gets the cluster as it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Durable,
    /// Everything: for tests only.
    Throwaway,
}
