//! A TCP proxy in front of the database that does to connections what networks do.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream, tcp},
    sync::watch,
};

/// What happens to every connection from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Everything arrives, this much later.
    Latency(Duration),
    /// Connections are reset, those there are and new ones.
    Reset,
    /// What is sent vanishes; a connection this happened to stays silent for good.
    HalfOpen,
    /// Nothing moves, but nothing is lost either.
    Freeze,
    /// What the server gets to hear, its client never learns: cut before the first byte of the answer.
    CutBeforeReply,
}

pub struct Proxy {
    address: SocketAddr,
    database_url: String,
    fault: watch::Sender<Fault>,
}

#[derive(Clone)]
enum Upstream {
    Unix(PathBuf),
    Tcp(String),
}

impl Proxy {
    /// In front of the server of this URL.
    pub async fn before(database_url: &str) -> Self {
        let options: PgConnectOptions = database_url.parse().unwrap();
        let upstream = match options.get_socket() {
            Some(folder) => Upstream::Unix(folder.join(format!(".s.PGSQL.{}", options.get_port()))),
            None => Upstream::Tcp(format!("{}:{}", options.get_host(), options.get_port())),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, faults) = watch::channel(Fault::None);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, upstream.clone(), faults.clone()));
            }
        });
        Self { address, database_url: database_url.to_owned(), fault }
    }

    /// The database's URL, by way of the proxy.
    pub fn url(&self) -> String {
        let (user, rest) = self.database_url.rsplit_once('@').expect("a URL with a user");
        let name = rest.split_once('/').map_or("", |(_, path)| path).split('?').next().unwrap_or_default();
        format!("{user}@{}/{name}?sslmode=disable", self.address)
    }

    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

async fn connect(client: TcpStream, upstream: Upstream, faults: watch::Receiver<Fault>) {
    if *faults.borrow() == Fault::Reset {
        client.set_zero_linger().ok();
        return;
    }
    match upstream {
        Upstream::Unix(path) => {
            let Ok(mut server) = UnixStream::connect(path).await else { return };
            let (from_server, to_server) = server.split();
            join(client, from_server, to_server, faults).await;
        }
        Upstream::Tcp(address) => {
            let Ok(mut server) = TcpStream::connect(address).await else { return };
            let (from_server, to_server) = server.split();
            join(client, from_server, to_server, faults).await;
        }
    }
}

/// Carries both directions until one ends.
async fn join(
    mut client: TcpStream,
    from_server: impl AsyncRead + Unpin,
    to_server: impl AsyncWrite + Unpin,
    faults: watch::Receiver<Fault>,
) {
    let is_cut = {
        let (from_client, to_client): (tcp::ReadHalf<'_>, tcp::WriteHalf<'_>) = client.split();
        tokio::select! {
            is_cut = carry(from_client, to_server, faults.clone(), false) => is_cut,
            is_cut = carry(from_server, to_client, faults, true) => is_cut,
        }
    };
    if is_cut {
        // Without the goodbye of an orderly close.
        client.set_zero_linger().ok();
    }
}

/// `true`: cut by a fault; `false`: one of the two ended the connection.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut faults: watch::Receiver<Fault>,
    is_reply: bool,
) -> bool {
    let mut buffer = vec![0; 16 * 1024];
    let mut is_silent = false;
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = faults.wait_for(|fault| *fault == Fault::Reset) => return true,
        };
        let Ok(read @ 1..) = read else { return false };
        let fault = *faults.borrow_and_update();
        match fault {
            Fault::None => {}
            Fault::Latency(delay) => tokio::time::sleep(delay).await,
            Fault::Reset => return true,
            Fault::HalfOpen => is_silent = true,
            Fault::Freeze => {
                if faults.wait_for(|fault| *fault != Fault::Freeze).await.is_err() {
                    return false;
                }
            }
            Fault::CutBeforeReply if is_reply => return true,
            Fault::CutBeforeReply => {}
        }
        if !is_silent && to.write_all(&buffer[..read]).await.is_err() {
            return false;
        }
    }
}
