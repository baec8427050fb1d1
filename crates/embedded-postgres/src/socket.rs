//! Where the cluster's unix socket is.
//!
//! The path of a socket has a small limit. A data folder with a longer path gets a socket folder below `/tmp`.

use std::path::{Path, PathBuf};

use crate::location::short_name;

/// Part of the socket's name; nothing listens on a TCP port.
pub(crate) const PORT: u16 = 5432;

/// The size of `sun_path` on Linux without the closing zero; other systems have 103.
const MAX_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Not `$TMPDIR`: it may differ between processes that share the cluster.
const SHORT_FOLDERS: &str = "/tmp";

/// The socket in its folder.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

/// The folder of the socket: the data folder, unless a client could not use that path.
pub(crate) fn folder_for(data_folder: &Path) -> PathBuf {
    // A quotation mark would end the server's setting, a comma the host in psql, and a URL has to be UTF-8.
    let is_usable = |socket: &str| socket.len() <= MAX_PATH && !socket.contains(['"', ',']);
    if path(data_folder).to_str().is_some_and(is_usable) {
        return data_folder.to_owned();
    }
    Path::new(SHORT_FOLDERS).join(format!("embedded-postgres-{}", short_name(data_folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_in_the_data_folder() {
        assert_eq!(folder_for(Path::new("/srv/data")), Path::new("/srv/data"));
    }

    #[test]
    fn a_path_that_no_client_could_use_is_replaced_by_a_short_one() {
        for folder in [format!("/srv/{}", "long".repeat(25)), "/srv/a,b".to_owned(), "/srv/\"".to_owned()] {
            let sockets = folder_for(Path::new(&folder));

            assert!(sockets.starts_with("/tmp"), "{folder}: {}", sockets.display());
            assert!(path(&sockets).as_os_str().len() <= MAX_PATH);
            assert_eq!(sockets, folder_for(Path::new(&folder)), "every process finds the same folder");
        }
    }
}
