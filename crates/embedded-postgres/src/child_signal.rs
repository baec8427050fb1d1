//! SIGCHLD may be ignored by the parent, and that is inherited. Then the kernel keeps no exit status, and whoever starts a
//! program and waits for it learns nothing.

/// Sets it to its default. For a program to call at its start, before any other function here.
pub fn reset_child_signal() {
    // SAFETY: it takes two numbers and touches no memory, and at the start there is no handler to replace.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}
